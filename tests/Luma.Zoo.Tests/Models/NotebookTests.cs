using System.Globalization;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>
/// The tables that a lecture's notebook prints with torchinfo, cut off after some rows as there: networks for one input channel and ten
/// classes, which are ours by their plans and options alone.
/// </summary>
public class NotebookTests
{
    private static readonly ModelOptions GreyImages = new() { NumClasses = 10, InChannels = 1 };

    private static readonly Dictionary<string, (Func<Block> Build, string Rows)> Tables = new()
    {
        ["AlexNet"] = (AlexNetOfTheNotebook,
            """
            Conv2d     [1, 96, 54, 54]   11,712
            ReLU       [1, 96, 54, 54]   --
            MaxPool2d  [1, 96, 26, 26]   --
            Conv2d     [1, 256, 26, 26]  614,656
            ReLU       [1, 256, 26, 26]  --
            MaxPool2d  [1, 256, 12, 12]  --
            Conv2d     [1, 384, 12, 12]  885,120
            ReLU       [1, 384, 12, 12]  --
            Conv2d     [1, 384, 12, 12]  1,327,488
            ReLU       [1, 384, 12, 12]  --
            Conv2d     [1, 256, 12, 12]
            """),
        ["VGG"] = (() => new VGGNet_11(GreyImages),
            """
            Sequential [1, 64, 112, 112]  --
            Conv2d     [1, 64, 224, 224]  640
            ReLU       [1, 64, 224, 224]  --
            MaxPool2d  [1, 64, 112, 112]  --
            Sequential [1, 128, 56, 56]   --
            Conv2d     [1, 128, 112, 112] 73,856
            ReLU       [1, 128, 112, 112] --
            MaxPool2d  [1, 128, 56, 56]   --
            Sequential [1, 256, 28, 28]   --
            Conv2d     [1, 256, 56, 56]   295,168
            """),
        ["NiN"] = (() => new NiN(GreyImages),
            """
            Sequential [1, 96, 54, 54]   --
            Conv2d     [1, 96, 54, 54]   11,712
            ReLU       [1, 96, 54, 54]   --
            Conv2d     [1, 96, 54, 54]   9,312
            ReLU       [1, 96, 54, 54]   --
            Conv2d     [1, 96, 54, 54]   9,312
            ReLU       [1, 96, 54, 54]   --
            MaxPool2d  [1, 96, 26, 26]   --
            Sequential [1, 256, 26, 26]  --
            Conv2d     [1, 256, 26, 26]  614,656
            ReLU       [1, 256, 26, 26]  --
            """),
    };

    public static TheoryData<string> Names => [.. Tables.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Every_printed_row_is_ours(string name)
    {
        var (build, text) = Tables[name];
        var rows = text.Split('\n').Select(Parse).ToArray();
        var trace = Trace.Of(build, 1, 224, 224);

        // The first two rows, the network and the sequence that is all of it.
        Assert.Equal("[1, 10]", trace.Blocks[^1].Shape);

        var layers = rows.Where(row => row.Kind != "Sequential").ToArray();
        Assert.Equal(layers, trace.Layers.Take(layers.Length).Zip(layers, (ours, row) => (Theirs(ours.Kind), ours.Shape, row.Parameters is null ? null : (long?)ours.Parameters)));

        // A block's shape is NiN's block's, and in VGG, whose layers we number through, that of the pooling that ends it.
        var blocks = rows.Where(row => row.Kind == "Sequential").Select(row => row.Shape).ToArray();
        var ends = name == "NiN"
            ? trace.Blocks.Where(entry => entry.Block is NinBlock).Select(entry => entry.Shape)
            : trace.Layers.Where(layer => layer.Kind == "Pooling2D").Select(layer => layer.Shape);
        Assert.Equal(blocks, ends.Take(blocks.Length));
    }

    // Without response normalisation, and with a padding of 1 in the first convolution.
    private static AlexNetDesign AlexNetOfTheNotebook()
    {
        var plan = AlexNetDesign.Plans["alexnet_2012"];
        var stages = plan.Stages.Select(stage => stage with { ResponseNorm = false }).ToList();
        return new(plan with { Stages = [stages[0] with { Padding = 1 }, .. stages.Skip(1)], ImageSize = 224 }, GreyImages);
    }

    private static string Theirs(string kind) => kind switch
    {
        "Convolution2D" => "Conv2d",
        "Pooling2D" => "MaxPool2d",
        _ => kind,
    };

    // A row that was cut off has no number.
    private static (string Kind, string Shape, long? Parameters) Parse(string row)
    {
        var end = row.IndexOf(']', StringComparison.Ordinal) + 1;
        var number = row[end..].Trim();
        return (row[..10].Trim(), row[11..end], number switch
        {
            "" => null,
            "--" => 0,
            _ => long.Parse(number, NumberStyles.AllowThousands, CultureInfo.InvariantCulture),
        });
    }
}
