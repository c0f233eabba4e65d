using System.CommandLine;
using System.Globalization;
using Luma.Neural;
using Luma.Zoo.Weights;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma convert</c>: from one weight format to another.</summary>
internal static class ConvertCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new Argument<string>("in") { Description = "A weight file: PyTorch's (zip or legacy) or safetensors, known by its content." };
        var output = new Argument<string>("out") { Description = "The file to write: .safetensors, or PyTorch's zip format under .pth, .pt or .bin." };
        var model = new Option<string?>("--as") { Description = "Check the weights against this network, and write them in its order.", HelpName = "ID" };
        var numClasses = Options.NumClasses();

        var command = new Command("convert", "Turn one weight format into another.") { input, output, model, numClasses };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            var target = parsed.GetValue(output)!;
            var format = FormatOf(target);
            using var weights = StateDict.Open(parsed.GetValue(input)!);
            if (parsed.GetValue(model) is { } id)
            {
                using var network = Loaded(id, parsed.GetValue(numClasses), weights);
                using var ordered = StateDict.Of(network);
                Write(ordered, target, format, terminal, cancellation);
            }
            else
            {
                Write(weights, target, format, terminal, cancellation);
            }
        }, CancellationToken.None));
        return command;
    }

    /// <summary>The format that a file's name asks for.</summary>
    internal static WeightFormat FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => WeightFormat.Safetensors,
        ".pth" or ".pt" or ".bin" => WeightFormat.TorchZip,
        _ => throw new UserException($"{path}: its name must end in .safetensors, .pth, .pt or .bin, which says the format to write"),
    };

    private static Block Loaded(string id, long? numClasses, StateDict weights)
    {
        using var skip = Initializers.Skip();
        var variant = ModelZoo.Find(id).Variant;
        // Whatever is known about a published file: all that it has is converted.
        var network = variant.Build(variant.KeyMap.Fit(new ModelOptions { NumClasses = numClasses }, weights, published: null));
        ModelZoo.Load(network, id, weights);
        return network;
    }

    private static void Write(StateDict weights, string path, WeightFormat format, Terminal terminal, CancellationToken cancellation)
    {
        terminal.Progress.Progress().AutoClear(true).Start(context =>
        {
            var task = context.AddTask("writing", maxValue: Math.Max(1, weights.ByteCount));
            var progress = new Immediate<ByteProgress>(step => task.Value = step.Done);
            weights.Save(path, format, progress, cancellation);
        });
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{path}: {weights.Entries.Count:N0} tensors, {weights.ByteCount / 1e6:N1} MB"));
    }
}
