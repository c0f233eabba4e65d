using System.CommandLine;
using System.Globalization;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma convert</c>: from one weight format to another.</summary>
internal static class ConvertCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new Argument<string>("in")
        {
            Description = "The file to read, or a folder that has one: PyTorch's (zip or legacy), safetensors, the index of several such files, or TorchSharp's; or a model, as ID:WEIGHTS.",
        };
        var output = new Argument<string>("out") { Description = "The file to write: as .safetensors, or in PyTorch's zip format as .pth, .pt or .bin." };
        var model = new Option<string?>("--as") { Description = "Check the weights against this network, and write them under its names and in its order.", HelpName = "ID" };
        var (json, shortcut) = (Options.Json(), Options.Shortcut());
        var imageSize = Options.Number("--image-size", "With --as: resize the position embeddings of a vision transformer for images of this size in pixels.");
        var (mirror, offline) = (Options.Mirror(), Options.Offline());
        var (numClasses, key, inertExtras, transform) = (Options.NumClasses(), WeightOptions.Key(), WeightOptions.InertExtras(), WeightOptions.TransformInput());

        var command = new Command("convert", "Convert a weight file to another format.")
        {
            input, output, model, numClasses, imageSize, shortcut, transform, key, inertExtras, mirror, offline, json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(async () =>
        {
            var (source, target) = (WeightOptions.Path(parsed.GetValue(input)!), parsed.GetValue(output)!);
            var format = WeightTarget.Check(target);
            var named = FindModel(source);
            if (named is not null && parsed.GetValue(model) is { } other && ModelZoo.Find(other).Variant.Id != named.Variant.Id)
                throw new UsageException($"'{source}' is a {named.Variant.Id}, and --as says {other}");
            var hub = Options.MakeHub(parsed.GetValue(mirror), parsed.GetValue(offline));
            if (named is not null)
            {
                source = named.Weights ?? ModelZoo.DefaultWeights;
                await DownloadCommand.FetchAsync(terminal, hub, named.Variant.Id, source, cancellation);
            }
            var file = WeightOptions.Of(parsed.GetValue(key), parsed.GetValue(inertExtras));
            if ((named?.Variant.Id ?? parsed.GetValue(model)) is { } id)
            {
                var options = new ModelOptions
                {
                    NumClasses = parsed.GetValue(numClasses),
                    ImageSize = (int?)parsed.GetValue(imageSize),
                    TransformInput = parsed.GetValue(transform),
                    Shortcut = parsed.GetValue(shortcut),
                };
                using var weights = ModelZoo.OpenWeights(id, source, hub, file);
                var taken = WeightOptions.Say(terminal, source, weights.Selection);
                List<string> notes = [];
                using var arranged = WeightArrangement.Arrange(id, weights, source, options, notes);
                if (notes.Count > 0) WeightOptions.Say(terminal, source, [string.Join("; ", notes)]);
                IReadOnlyList<string>? all = taken is null && notes.Count == 0 ? null : [.. taken ?? [], .. notes];
                await WriteAsync(arranged, target, format, terminal, parsed.GetValue(json), all, cancellation);
            }
            else
            {
                using var weights = StateDict.Open(source, file);
                var taken = WeightOptions.Say(terminal, source, weights.Selection);
                await WriteAsync(weights, target, format, terminal, parsed.GetValue(json), taken, cancellation);
            }
        }, CancellationToken.None));
        return command;
    }

    // A path is a file or a folder of weights, whatever it is called.
    private static ModelReference? FindModel(string text) =>
        Path.Exists(text) || !ModelZoo.Has(text.Split(':')[0]) ? null : ModelReference.Parse(text);

    private static async Task WriteAsync(
        StateDict weights, string path, WeightFormat format, Terminal terminal, bool json, IReadOnlyList<string>? notes, CancellationToken cancellation)
    {
        var report = await terminal.ShowProgressAsync("writing", progress =>
        {
            weights.Save(path, format, new Immediate<ByteProgress>(step => progress(step.Done, step.Total)), cancellation);
            return Task.FromResult(new ConvertedFile(path, weights.Entries.Count, weights.ByteCount, notes));
        });
        if (json) terminal.WriteJson(report, Json.Default.ConvertedFile);
        else terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {report.Tensors:N0} tensors, {report.Bytes / 1e6:N1} MB"));
    }
}
