using System.CommandLine;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Luma.Zoo.Cli.Commands.Classify;
using Luma.Zoo.Cli.Results;
using Luma.Zoo.Inference;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma classify</c>: what is on images.</summary>
internal static class ClassifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var (model, weights, numClasses, json) = (Options.Model(), Options.Weights(), Options.NumClasses(), Options.Json());
        var (mirror, offline) = (Options.Mirror(), Options.Offline());
        var (key, inertExtras, transform) = (WeightOptions.Key(), WeightOptions.InertExtras(), WeightOptions.TransformInput());
        var many = new ClassifyOptions();

        var command = new Command("classify", "Say what images show.") { model };
        many.AddTo(command);
        foreach (var option in (Option[])[weights, numClasses, transform, key, inertExtras, mirror, offline, json]) command.Options.Add(option);
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var reference = ModelReference.Parse(parsed.GetValue(model)!, parsed.GetValue(weights));
                var (id, source) = (reference.Variant.Id, reference.Weights ?? ModelZoo.DefaultWeights);
                var request = many.Read(parsed, parsed.GetValue(json));

                // A network is fetched and built only where there is something to classify, or a file that says what made it.
                using var files = request.Find().GetEnumerator();
                var first = TakeFirst(files);
                if (request.Output.Path is null && first is not [.., { Error: null }])
                {
                    await using var nothing = await ResultOutput.OpenAsync(terminal, request.Output, meta: null, request.Top);
                    return await new ClassifyRun(terminal, request, nothing).WriteFailedAsync(first);
                }

                var hub = Options.MakeHub(parsed.GetValue(mirror), parsed.GetValue(offline));
                await DownloadCommand.FetchAsync(terminal, hub, id, source, cancellation);
                using var classifier = await ModelZoo.CreateClassifierAsync(
                    id, source, parsed.GetValue(numClasses), hub, parsed.GetValue(transform),
                    WeightOptions.Of(parsed.GetValue(key), parsed.GetValue(inertExtras)), cancellationToken: cancellation);
                var notes = WeightOptions.Say(terminal, source, classifier.LoadReport!);

                var meta = request.Output.Path is null ? null : Describe(
                    request, classifier, id, source, await WeightsHash.OfAsync(id, source, hub, cancellation), notes,
                    ("key", parsed.GetValue(key)), ("transformInput", parsed.GetValue(transform)));
                await using var output = await ResultOutput.OpenAsync(terminal, request.Output, meta, Math.Min(request.Top, classifier.Labels.Count));
                return await new ClassifyRun(terminal, request, output).ClassifyAsync(classifier, notes, first.Concat(Rest(files)), cancellation);
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
        ClassifyRequest request, Classifier classifier, string id, string source, string hash, IReadOnlyList<string>? notes, params (string Name, object? Value)[] options)
    {
        var given = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (name, value) in ((string, object?)[])[("top", request.Top), ("threshold", request.Threshold), .. options])
        {
            if (value is not null) given[name] = value switch { int number => number, double number => number, bool yes => yes, _ => $"{value}" };
        }
        var labels = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', classifier.Labels)));
        var recipe = new ResultRecipe(
            id, hash, JsonNode.Parse(classifier.Preset.ToJson())!, Convert.ToHexStringLower(labels), given, request.Output.Format.Name(), request.Shard?.ToString());
        var version = typeof(ClassifyCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        return new(version, "cpu", ModelZoo.FindWeights(id, source)?.Name ?? source, recipe, notes);
    }
}
