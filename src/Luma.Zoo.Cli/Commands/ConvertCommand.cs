using System.CommandLine;
using System.Globalization;
using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma convert</c>: from one weight format to another.</summary>
internal static class ConvertCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new Argument<string>("in") { Description = "A weight file: PyTorch's (zip or legacy) or safetensors, known by its content." };
        var output = new Argument<string>("out") { Description = "The file to write: .safetensors, or PyTorch's zip format under .pth, .pt or .bin." };
        var json = Options.Json();
        var model = new Option<string?>("--as") { Description = "Check the weights against this network, and write them in its order.", HelpName = "ID[:WEIGHTS]" };
        var numClasses = Options.NumClasses();

        var command = new Command("convert", "Turn one weight format into another.") { input, output, model, numClasses, json };
        command.SetAction((parsed, cancellation) => Task.Run(async () =>
        {
            var target = parsed.GetValue(output)!;
            var format = WeightTarget.Check(target);
            using var weights = StateDict.Open(parsed.GetValue(input)!);
            if (parsed.GetValue(model) is { } id)
            {
                using var network = Loaded(ModelReference.Parse(id), parsed.GetValue(numClasses), weights);
                using var ordered = StateDict.Of(network);
                await WriteAsync(ordered, target, format, terminal, parsed.GetValue(json), cancellation);
            }
            else
            {
                await WriteAsync(weights, target, format, terminal, parsed.GetValue(json), cancellation);
            }
        }, CancellationToken.None));
        return command;
    }

    private static Block Loaded(ModelReference model, long? numClasses, StateDict weights)
    {
        using var skip = Initializers.Skip();
        var network = model.BuildForLooking(new ModelOptions { NumClasses = numClasses });
        ModelZoo.Load(network, model.Variant.Id, weights);
        return network;
    }

    private static async Task WriteAsync(
        StateDict weights, string path, WeightFormat format, Terminal terminal, bool json, CancellationToken cancellation)
    {
        var report = await terminal.ShowProgressAsync("writing", progress =>
        {
            weights.Save(path, format, new Immediate<ByteProgress>(step => progress(step.Done, step.Total)), cancellation);
            return Task.FromResult(new ConvertedFile(path, weights.Entries.Count, weights.ByteCount));
        });
        if (json) terminal.WriteJson(report, Json.Default.ConvertedFile);
        else terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {report.Tensors:N0} tensors, {report.Bytes / 1e6:N1} MB"));
    }
}
