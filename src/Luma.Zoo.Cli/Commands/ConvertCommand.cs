using System.CommandLine;
using System.Globalization;
using Luma.Zoo.Weights;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma convert</c>: from one weight format to another.</summary>
internal static class ConvertCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new Argument<string>("in")
        {
            Description = "A weight file: PyTorch's (zip, legacy), safetensors, an index of either, or TorchSharp's, known by its content; or a folder that has one.",
        };
        var output = new Argument<string>("out") { Description = "The file to write: .safetensors, or PyTorch's zip format under .pth, .pt or .bin." };
        var model = new Option<string?>("--as") { Description = "Check the weights against this network, and write them under its names and in its order.", HelpName = "ID" };
        var imageSize = Options.Positive("--image-size", "With --as: resize the position embeddings of a vision transformer to images of this size.");
        var (numClasses, key, inertExtras, transform) = (Options.NumClasses(), WeightOptions.Key(), WeightOptions.InertExtras(), WeightOptions.TransformInput());

        var command = new Command("convert", "Turn one weight format into another.")
        {
            input, output, model, numClasses, imageSize, transform, key, inertExtras,
        };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            var (source, target) = (WeightOptions.Path(parsed.GetValue(input)!), WeightOptions.Path(parsed.GetValue(output)!));
            var format = FormatOf(target);
            var file = WeightOptions.Of(parsed.GetValue(key), parsed.GetValue(inertExtras));
            if (parsed.GetValue(model) is { } id)
            {
                var options = new ModelOptions
                {
                    NumClasses = parsed.GetValue(numClasses),
                    ImageSize = (int?)parsed.GetValue(imageSize),
                    TransformInput = parsed.GetValue(transform),
                };
                using var weights = ModelZoo.OpenWeights(id, source, file: file);
                WeightOptions.Say(terminal, source, weights.Selection);
                List<string> notes = [];
                using var arranged = WeightArrangement.Arrange(id, weights, source, options, notes);
                if (notes.Count > 0) terminal.Error.WriteLine($"luma: {source}: {string.Join("; ", notes)}");
                Write(arranged, target, format, terminal, cancellation);
            }
            else
            {
                using var weights = StateDict.Open(source, file);
                WeightOptions.Say(terminal, source, weights.Selection);
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
