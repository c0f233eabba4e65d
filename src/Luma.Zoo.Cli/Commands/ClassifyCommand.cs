using System.CommandLine;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Luma.Neural;
using Luma.Zoo.Cli.Commands.Classify;
using Luma.Zoo.Cli.Results;
using Luma.Zoo.Inference;
using ClassifyOptions = Luma.Zoo.Cli.Commands.Classify.ClassifyOptions;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma classify</c>: what is on images.</summary>
internal static class ClassifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var (input, many, device, json) = (new ClassifierInput(), new ClassifyOptions(), DeviceChoice.Option(), Options.Json());
        var command = new Command("classify", "Say what images show.") { input.Model };
        many.AddTo(command);
        input.AddTo(command);
        command.Options.Add(device);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var model = input.Reference(parsed);
                many.Engine.Check(parsed, parsed.GetValue(device));
                var options = input.Read(parsed);
                var request = many.Read(parsed, parsed.GetValue(json), input.Files(parsed, model));
                options = options with { Engine = request.Engine, Compilation = request.Compiles ? ClassifierCompilation.Ahead : ClassifierCompilation.Off };
                if (parsed.GetValue(device) is { } choice) options = options with { Device = choice.Find() };
                // Opening a model folder holds its weights against the hash that it names.
                var hash = model.Source.Folder?.Manifest.WeightsSha256;
                if (request.Output.Path is not null && hash is null) options = options with { File = (options.File ?? new()) with { Identify = true } };

                // A network is fetched and built only where there is something to classify, or a file that says what made it.
                using var files = request.Find(cancellation).GetEnumerator();
                var first = TakeFirst(files);
                if (request.Output.Path is null && first is not [.., { Error: null }])
                {
                    await using var nothing = await ResultOutput.OpenAsync(terminal, request.Output, meta: null, request.Top);
                    using var failed = new ClassifyRun(terminal, request, nothing);
                    return await failed.WriteFailedAsync(first);
                }

                var (classifier, notes) = await ClassifierInput.OpenAsync(terminal, model, options, cancellation);
                using var opened = classifier;
                var meta = request.Output.Path is null ? null : Describe(
                    request, classifier, model, hash ?? classifier.LoadReport!.WeightsSha256!, options.Device?.ToString() ?? "cpu", notes,
                    ("ignoreOrientation", options.Decoding is { ApplyOrientation: false } ? true : null), ("fastDecode", options.Decoding is { FastDecode: true } ? true : null),
                    ("engine", request.Engine?.Name), ("key", options.File?.Key), ("transformInput", options.Network.TransformInput));
                await using var output = await ResultOutput.OpenAsync(terminal, request.Output, meta, Math.Min(request.Top, classifier.Labels.Count));
                using var run = new ClassifyRun(terminal, request, output);
                try
                {
                    return await run.ClassifyAsync(classifier, notes, first.Concat(Rest(files)), cancellation);
                }
                catch (InputShapeException error)
                {
                    // The pixels are the preset's, so a layer's complaint alone says little.
                    throw new UserException($"{model.Variant.Id} does not take images of {string.Join('x', classifier.Preset.GetInputShape().Skip(1))}: {error.Message}; give another --crop");
                }
            },
            CancellationToken.None));
        return command;
    }

    // The first image with all that stands before it and is none.
    private static List<ImageFile> TakeFirst(IEnumerator<ImageFile> files)
    {
        var first = new List<ImageFile>();
        while (first is not [.., { Error: null }] && files.MoveNext()) first.Add(files.Current);
        return first;
    }

    private static IEnumerable<ImageFile> Rest(IEnumerator<ImageFile> files)
    {
        while (files.MoveNext()) yield return files.Current;
    }

    private static ResultMeta Describe(
        ClassifyRequest request, Classifier classifier, ModelReference model, string hash, string device, IReadOnlyList<string>? notes,
        params (string Name, object? Value)[] options)
    {
        var given = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (name, value) in ((string, object?)[])[("top", request.Top), ("threshold", request.Threshold), ("task", classifier.Task == ClassificationTask.SingleLabel ? null : classifier.Task), .. options])
        {
            if (value is not null) given[name] = value switch { int number => number, double number => number, bool yes => yes, _ => $"{value}" };
        }
        var labels = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', classifier.Labels)));
        var recipe = new ResultRecipe(
            model.Variant.Id, hash, JsonNode.Parse(classifier.Preset.ToJson())!, Convert.ToHexStringLower(labels), given, request.Output.Format.Name(), request.Shard?.ToString());
        var version = typeof(ClassifyCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        var source = model.Source.Folder?.Path ?? model.Weights ?? ModelZoo.DefaultWeights;
        return new(version, device, ModelZoo.FindWeights(model.Variant.Id, source)?.Name ?? source, recipe, notes);
    }
}
