using System.CommandLine;
using System.Globalization;
using Luma.Zoo.Inference;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma classify</c>: what is on images.</summary>
internal static class ClassifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var (input, json) = (new ClassifierInput(), Options.Json());
        var images = new Argument<string[]>("image") { Description = "Images, or folders of images.", Arity = ArgumentArity.OneOrMore };
        var top = Options.Number("--top", "How many predictions to show for each image; 5 by default.");
        var recursive = new Option<bool>("--recursive") { Description = "Also search the folders inside folders." };

        var command = new Command("classify", "Say what images show.") { input.Model, images, top, recursive };
        input.AddTo(command);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var model = input.Reference(parsed);
                var options = input.Read(parsed);
                var files = ImageFiles.Find(parsed.GetValue(images)!, parsed.GetValue(recursive)).ToList();

                var results = files.TakeWhile(file => file.Error is not null).Select(Failed).ToList();
                if (results.Count < files.Count)
                {
                    var (opened, notes) = await ClassifierInput.OpenAsync(terminal, model, options, cancellation);
                    using var classifier = opened;
                    results = await ClassifyAsync(terminal, classifier, notes, files, (int)(parsed.GetValue(top) ?? 5), cancellation);
                }

                if (parsed.GetValue(json)) terminal.WriteJson(results, Json.Default.IReadOnlyListClassifiedImage);
                else Show(results, terminal.Console);

                if (results.Any(result => result.Predictions?.Any(prediction => !float.IsFinite(prediction.Probability)) == true))
                    terminal.Error.WriteLine("luma: warning: the network's answers are not numbers; its weights may be damaged or another network's");
                foreach (var failed in results.Where(result => result.Error is not null)) terminal.Error.WriteLine($"luma: {failed.Error!.ReplaceLineEndings(" ")}");
                if (results.Count < files.Count) throw new OperationCanceledException(cancellation);
                return results.Any(result => result.Error is not null) ? CommandLine.Failure : CommandLine.Success;
            },
            CancellationToken.None));
        return command;
    }

    // Stopped early, it has the results so far.
    private static Task<List<ClassifiedImage>> ClassifyAsync(
        Terminal terminal, Classifier classifier, IReadOnlyList<string>? notes, List<ImageFile> files, int top, CancellationToken cancellation) =>
        terminal.ShowProgressAsync("classifying", async progress =>
        {
            var results = new List<ClassifiedImage>();
            var images = files.Where(file => file.Error is null).Select(file => (Images.ImageSource)file.Path);
            var options = new BatchOptions { Top = top, Progress = new Immediate<long>(done => progress(done, files.Count)) };
            try
            {
                await foreach (var result in classifier.ClassifyManyAsync(images, options, cancellation))
                {
                    AddFailed();
                    results.Add(result.Error is { } error ? new(result.Name!, null, error.Message) : new(result.Name!, result.Predictions, null, notes));
                }
                AddFailed();
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
            }
            return results;

            void AddFailed() => results.AddRange(files.Skip(results.Count).TakeWhile(file => file.Error is not null).Select(Failed));
        });

    private static ClassifiedImage Failed(ImageFile file) => new(file.Path, null, $"{file.Path}: {file.Error}");

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
