using System.CommandLine;
using System.Globalization;
using Luma.Zoo.Inference;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma classify</c>: what is on images.</summary>
internal static class ClassifyCommand
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"];

    public static Command Create(Terminal terminal)
    {
        var (id, weights, numClasses, json) = (Options.Id(), Options.Weights(), Options.NumClasses(), Options.Json());
        var (mirror, offline) = (Options.Mirror(), Options.Offline());
        var images = new Argument<string[]>("image") { Description = "Images, or folders of images.", Arity = ArgumentArity.OneOrMore };
        var top = new Option<int>("--top") { Description = "How many predictions to show for each image.", HelpName = "K", DefaultValueFactory = _ => 5 };
        top.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() < 1) result.AddError("--top must be at least 1");
        });

        var command = new Command("classify", "Say what is on images.") { id, images, weights, numClasses, top, mirror, offline, json };
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var paths = Expand(parsed.GetValue(images)!);
                var hub = Options.MakeHub(parsed.GetValue(mirror), parsed.GetValue(offline));
                var (model, source) = (parsed.GetValue(id)!, parsed.GetValue(weights) ?? ModelZoo.DefaultWeights);
                await DownloadCommand.FetchAsync(terminal, hub, model, source, cancellation);
                using var classifier = ModelZoo.CreateClassifier(model, source, parsed.GetValue(numClasses), hub);
                var results = Classify(terminal, classifier, paths, parsed.GetValue(top), cancellation);

                if (parsed.GetValue(json)) terminal.WriteJson(results, Json.Default.IReadOnlyListClassifiedImage);
                else Show(results, terminal.Console);

                foreach (var failed in results.Where(result => result.Error is not null)) terminal.Error.WriteLine($"luma: {failed.Error}");
                return results.Any(result => result.Error is not null) ? CommandLine.UserError : CommandLine.Success;
            },
            CancellationToken.None));
        return command;
    }

    private static List<string> Expand(IEnumerable<string> arguments)
    {
        var paths = new List<string>();
        foreach (var argument in arguments)
        {
            if (!Directory.Exists(argument))
            {
                paths.Add(argument);
                continue;
            }
            var images = Directory.EnumerateFiles(argument)
                .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal)
                .ToList();
            if (images.Count == 0) throw new UserException($"{argument}: there are no images in this folder");
            paths.AddRange(images);
        }
        return paths;
    }

    private static List<ClassifiedImage> Classify(
        Terminal terminal, Classifier classifier, List<string> paths, int top, CancellationToken cancellation) =>
        terminal.Progress.Progress().AutoClear(true).Start(context =>
        {
            var task = context.AddTask("classifying", maxValue: paths.Count);
            var options = new BatchOptions { Top = top, Progress = new Immediate<long>(done => task.Value = done) };
            return classifier.ClassifyMany(paths.Select(path => (Images.ImageSource)path), options, cancellation)
                .Zip(paths, (result, path) => result.Error is { } error
                    ? new ClassifiedImage(path, null, error.Message)
                    : new ClassifiedImage(path, result.Predictions, null))
                .ToList();
        });

    private static void Show(IReadOnlyList<ClassifiedImage> results, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns(new TableColumn("Image"), new TableColumn("Label"), new TableColumn("Probability").RightAligned());
        foreach (var result in results.Where(result => result.Predictions is not null))
        {
            var name = result.Path;
            foreach (var prediction in result.Predictions!)
            {
                table.AddRow(new Text(name), new Text(prediction.Label), new Text(prediction.Probability.ToString("P2", CultureInfo.InvariantCulture)));
                name = "";
            }
        }
        if (table.Rows.Count > 0) console.Write(table);
    }
}
