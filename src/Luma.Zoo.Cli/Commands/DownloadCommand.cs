using System.CommandLine;
using Luma.Zoo.Weights;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma download</c>: published weights, into PyTorch's cache.</summary>
internal static class DownloadCommand
{
    public static Command Create(Terminal terminal)
    {
        var models = new Argument<string[]>("model")
        {
            Description = "Networks, each with the name of its weights or for its default ones without, such as resnet50:IMAGENET1K_V1 or resnet50.",
            Arity = ArgumentArity.OneOrMore,
        };
        var (mirror, offline, json) = (Options.Mirror(), Options.Offline(), Options.Json());

        var command = new Command("download", "Download published weights into PyTorch's cache, check those that are already there, and print where they are.") { models, mirror, offline, json };
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var hub = Options.MakeHub(parsed.GetValue(mirror), parsed.GetValue(offline));
                // A misspelt name is told before anything is fetched.
                var wanted = parsed.GetValue(models)!.Select(text => ModelReference.Parse(text).FindPublished()).ToList();
                var fetched = new List<DownloadedWeights>();
                try
                {
                    foreach (var published in wanted)
                    {
                        var path = await ShowAsync(terminal, hub, published, progress => published.RepairAsync(hub, progress, cancellation));
                        fetched.Add(new(published.Model, published.Name, path));
                        if (!parsed.GetValue(json)) terminal.Out.WriteLine($"{published.Model}:{published.Name} {path ?? "comes with the program"}");
                    }
                }
                finally
                {
                    if (parsed.GetValue(json)) terminal.WriteJson(fetched, Json.Default.IReadOnlyListDownloadedWeights);
                }
            },
            CancellationToken.None));
        return command;
    }

    /// <summary>Fetches weights, unless they are there, and shows how far it has come.</summary>
    public static async Task<string?> FetchAsync(Terminal terminal, Hub hub, string id, string weights, CancellationToken cancellation)
    {
        // What is there, or is a file, needs no bar.
        if (ModelZoo.FindWeights(id, weights) is not { } published || published.IsCached(hub))
            return await ModelZoo.DownloadAsync(id, weights, hub, cancellationToken: cancellation);

        return await ShowAsync(terminal, hub, published, progress => published.DownloadAsync(hub, progress, cancellation));
    }

    private static Task<string?> ShowAsync(Terminal terminal, Hub hub, PublishedWeights published, Func<IProgress<ByteProgress>, Task<string?>> fetch)
    {
        if (published.IsNonCommercial && !hub.Options.Offline && !published.IsCached(hub))
            terminal.Error.WriteLine($"luma: {published.Model}:{published.Name} is {published.License}: not for commercial use, see {published.LicenseUrl}");

        return terminal.ShowProgressAsync(
            $"{published.Model}:{published.Name}",
            progress => fetch(new Immediate<ByteProgress>(step => progress(step.Done, step.Total))),
            new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn());
    }
}
