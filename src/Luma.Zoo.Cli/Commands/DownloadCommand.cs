using System.CommandLine;
using Luma.Zoo.Weights;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma download</c>: published weights, into PyTorch's cache.</summary>
internal static class DownloadCommand
{
    public static Command Create(Terminal terminal)
    {
        var names = new Argument<string[]>("id[:weights]")
        {
            Description = "Networks, each with the name of its weights or its default ones: resnet50 or resnet50:IMAGENET1K_V1.",
            Arity = ArgumentArity.OneOrMore,
        };
        var mirror = Options.Mirror();

        var command = new Command("download", "Fetch published weights into PyTorch's cache, and print where they are.") { names, mirror };
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var hub = Options.MakeHub(parsed.GetValue(mirror), offline: false);
                // A misspelt name is told before anything is fetched.
                var wanted = parsed.GetValue(names)!.Select(Find).ToList();
                foreach (var published in wanted)
                {
                    var path = await FetchAsync(terminal, hub, published.Model, published.Name, cancellation);
                    terminal.Out.WriteLine($"{published.Model}:{published.Name} {path ?? "comes with the program"}");
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

        return await terminal.Progress.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask($"{published.Model}:{published.Name}", maxValue: published.FileSizeMegabytes * 1048576);
                var progress = new Immediate<ByteProgress>(step =>
                {
                    task.MaxValue = step.Total;
                    task.Value = step.Done;
                });
                return await published.DownloadAsync(hub, progress, cancellation);
            });
    }

    private static PublishedWeights Find(string argument)
    {
        var colon = argument.IndexOf(':', StringComparison.Ordinal);
        var (id, name) = colon < 0 ? (argument, ModelZoo.DefaultWeights) : (argument[..colon], argument[(colon + 1)..]);
        if (ModelZoo.FindWeights(id, name) is { } published) return published;

        var known = ModelZoo.Weights(id).Select(weights => weights.Name).ToList();
        throw new UserException(known.Count == 0
            ? $"Nobody has published weights for {id}"
            : $"There are no weights '{name}' for {id}; there are {string.Join(", ", known)}");
    }
}
