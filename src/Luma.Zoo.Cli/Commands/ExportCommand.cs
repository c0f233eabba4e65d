using System.CommandLine;
using System.Globalization;
using Luma.Zoo.Export;
using Luma.Zoo.Export.Onnx;
using Luma.Zoo.Weights;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma export</c>: a model for other runtimes.</summary>
internal static class ExportCommand
{
    private const string Onnx = "onnx", TorchScript = "torchscript";

    private static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["float32"] = ScalarType.Float32,
        ["float16"] = ScalarType.Float16,
        ["bfloat16"] = ScalarType.BFloat16,
    };

    public static Command Create(Terminal terminal)
    {
        var input = new ClassifierInput();
        var output = new Option<string>("--output") { Description = "The file to write, such as resnet50.onnx. One that is there is replaced.", Required = true, HelpName = "FILE" };
        var format = new Option<string?>("--format")
        {
            Description = "The format: onnx for ONNX Runtime, ML.NET and others, torchscript for PyTorch. By default as the file's name ends.",
            HelpName = "onnx|torchscript",
            CustomParser = result => result.Tokens[0].Value.ToLowerInvariant() is (Onnx or TorchScript) and var known
                ? known
                : Options.Report<string?>(result, $"There is no format '{result.Tokens[0].Value}': it is onnx or torchscript"),
        };
        var type = new Option<ScalarType?>("--type")
        {
            Description = "The type of the weights: float32, float16 or bfloat16; by default as they are. Input and output are float32.",
            HelpName = "TYPE",
            CustomParser = result => Types.TryGetValue(result.Tokens[0].Value.ToLowerInvariant(), out var known)
                ? known
                : Options.Report<ScalarType?>(result, $"There is no type '{result.Tokens[0].Value}': it is float32, float16 or bfloat16"),
        };
        var preprocessing = new Option<bool>("--with-preprocessing")
        {
            Description = "Let the model take bytes, in the order image, row, column, channel, of any size, and resize, crop and normalise them itself.",
        };
        var fixedSize = new Option<bool>("--fixed-size") { Description = "Take images of the preset's size alone, even where the network takes any." };
        var fold = new Option<bool>("--fold-batch-norm") { Description = "Put batch normalisation into the weights before it; these are then no longer PyTorch's." };
        var external = new Option<bool>("--external-data") { Description = "Write the weights to a second file beside the model, as is done above two gigabytes anyway." };
        var inputName = new Option<string>("--input-name") { Description = "The name of the model's input.", HelpName = "NAME", DefaultValueFactory = _ => new OnnxExportOptions().InputName };
        var outputName = new Option<string>("--output-name") { Description = "The name of the model's output.", HelpName = "NAME", DefaultValueFactory = _ => new OnnxExportOptions().OutputName };
        var json = Options.Json();
        List<Option> ofOnnx = [type, preprocessing, fixedSize, fold, external, inputName, outputName];
        var command = new Command("export", "Write a model with its weights for other runtimes.")
        {
            input.Model, output, format, type, preprocessing, fixedSize, fold, external, inputName, outputName,
        };
        input.AddTo(command);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var target = parsed.GetValue(output)!;
                var written = parsed.GetValue(format) ?? FormatOf(target);
                if (written != Onnx && ofOnnx.Find(option => parsed.GetResult(option) is { Implicit: false }) is { } other)
                    throw new UsageException($"{other.Name} is for ONNX: there is no such choice for {written}");
                FileTarget.Check(target);
                var model = input.Reference(parsed);
                FileTarget.CheckNotRead(target, input.Files(parsed, model), "--output");
                var options = input.Read(parsed);
                var chosen = new OnnxExportOptions
                {
                    Type = parsed.GetValue(type),
                    WithPreprocessing = parsed.GetValue(preprocessing),
                    DynamicSize = parsed.GetValue(fixedSize) ? false : null,
                    FoldBatchNorm = parsed.GetValue(fold),
                    ExternalData = parsed.GetValue(external) ? true : null,
                    InputName = parsed.GetValue(inputName)!,
                    OutputName = parsed.GetValue(outputName)!,
                };
                if (chosen.InputName == chosen.OutputName) throw new UsageException("--input-name and --output-name are the same: input and output need a name each");

                await ClassifierInput.FetchAsync(terminal, model, options, cancellation);
                var (report, load) = await terminal.ShowProgressAsync("writing", progress =>
                {
                    var steps = new Immediate<ByteProgress>(step => progress(step.Done, step.Total));
                    return Task.FromResult(written == Onnx
                        ? ModelExporter.ExportOnnx(model.Source, options, target, chosen, steps, cancellation)
                        : (null, ModelExporter.ExportTorchScript(model.Source, options, target, steps, cancellation)));
                });
                var notes = ClassifierInput.Say(terminal, model, load);

                var document = new ExportedModel(target, report?.DataPath, model.Variant.Id, written, report?.Bytes ?? new FileInfo(target).Length, report?.IsDynamic, notes);
                if (parsed.GetValue(json)) terminal.WriteJson(document, Json.Default.ExportedModel);
                else terminal.Out.WriteLine(Line(document));
            },
            CancellationToken.None));
        return command;
    }

    private static string Line(ExportedModel model) => string.Create(
        CultureInfo.InvariantCulture,
        $"{model.Path}: {model.Id}, {model.Bytes / 1e6:N1} MB{(model.Data is { } data ? $" with the weights in {data}" : "")}");

    private static string FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".onnx" => Onnx,
        ".pt" or ".torchscript" => TorchScript,
        _ => throw new UsageException($"{path}: its name ends in neither .onnx nor .pt, so --format must say the format"),
    };
}
