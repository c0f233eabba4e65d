using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

namespace Luma.Zoo.Tests.Cli;

public class GraphTests
{
    [Fact]
    public async Task Operations_stand_line_by_line_before_and_after_the_passes()
    {
        var before = (await Run.Of("graph", "lenet_1")).Lines;
        var after = (await Run.Of("graph", "lenet_1", "--passes", "all")).Lines;

        Assert.Contains("Convolution 5x5", before[1], StringComparison.Ordinal);
        Assert.DoesNotContain(before, line => line.Contains(" + ", StringComparison.Ordinal));
        Assert.Contains(after, line => line.Contains("Convolution 5x5 + Tanh", StringComparison.Ordinal) && line.Contains("(N, 4, 24, 24)", StringComparison.Ordinal));
        Assert.Equal($"{before.Length - 2} operations, 6 weights", before[^1]);
        Assert.Equal($"{after.Length - 2} operations, 6 weights", after[^1]);
        Assert.True(after.Length < before.Length);
    }

    [Fact]
    public async Task Passes_can_be_chosen_one_by_one()
    {
        var folded = (await Run.Of("graph", "resnet_20", "--passes", "batch-norm")).Output;

        Assert.DoesNotContain("BatchNorm", folded, StringComparison.Ordinal);
        Assert.DoesNotContain("+ ReLU", folded, StringComparison.Ordinal);
        Assert.Contains("There is no pass 'fast': there are out-of-place, ", (await Run.Of("graph", "resnet_20", "--passes", "constants,fast")).Mistake(), StringComparison.Ordinal);
        Assert.Equal("resnet_20 cannot take an input of (3): Every size of an image must be at least 1, got ().", (await Run.Of("graph", "resnet_20", "--shape", "3")).Mistake());
    }

    [Fact]
    public async Task A_picture_has_a_box_for_each_operation_and_a_line_for_each_value_that_is_read()
    {
        var operations = int.Parse((await Run.Of("graph", "resnet_20", "--passes", "all")).Lines[^1].Split(' ')[0], CultureInfo.InvariantCulture);

        var picture = XDocument.Parse((await Run.Of("graph", "resnet_20", "--passes", "all", "--format", "svg")).Output);

        XNamespace svg = "http://www.w3.org/2000/svg";
        Assert.Equal(operations + 2, picture.Descendants(svg + "rect").Count());
        // Each block's sum reads two values.
        Assert.Equal(operations + 1 + 9, picture.Descendants(svg + "path").Count());
        var boxes = picture.Descendants(svg + "rect").Select(box => double.Parse(box.Attribute("y")!.Value, CultureInfo.InvariantCulture)).ToList();
        Assert.All(boxes.Zip(boxes.Skip(1)), pair => Assert.True(pair.Second > pair.First + 30));
    }

    [Theory]
    [InlineData("dot", "digraph {", "  v0 -> v")]
    [InlineData("mermaid", "flowchart TD", "  v0 -->|\"(N, 1, 28, 28)\"| v")]
    public async Task Other_programs_can_draw_it(string format, string first, string edge)
    {
        var lines = (await Run.Of("graph", "lenet_1", "--format", format)).Lines;

        Assert.Equal(first, lines[0]);
        Assert.Single(lines, line => line.StartsWith(edge, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_document_is_closed()
    {
        var report = (await Run.Of("graph", "lenet_1", "--passes", "all", "--json")).Json();

        var known = report.GetProperty("constants").EnumerateArray().Select(constant => constant.GetProperty("value").GetInt32()).Append(0).ToHashSet();
        foreach (var operation in report.GetProperty("operations").EnumerateArray())
        {
            Assert.All(operation.GetProperty("inputs").EnumerateArray(), input => Assert.True(input.ValueKind == JsonValueKind.Null || known.Contains(input.GetInt32())));
            Assert.True(known.Add(operation.GetProperty("value").GetInt32()));
        }
        Assert.Contains(report.GetProperty("output").GetInt32(), known);
        Assert.Equal([1, 1, 28, 28], report.GetProperty("input").EnumerateArray().Select(size => size.GetInt32()));
    }
}
