using System.CommandLine;
using System.Globalization;
using Luma.Neural.Native;
using Luma.Zoo.Images;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Training.Reporting;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma preview</c>: what a network is shown of pictures while it learns.</summary>
internal static class PreviewCommand
{
    private const int UsualCount = 8, MostCount = 100, UsualEpochs = 6, MostEpochs = 30;

    // What most networks take, where none is named.
    private static readonly ImagePreset UsualPreset = new() { ResizeSize = [256], CropSize = [224] };

    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string?>("model")
        {
            Description = "The network that will learn: an id, ID:WEIGHTS or a model folder. It says how large pictures are; 224 pixels without it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var data = DataOptions.Data();
        var output = new Option<string>("--output") { Description = "The picture to draw, a .png file.", Required = true, HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there." };
        var count = Options.Number("--count", "How many pictures to show, each in a row. 8 by default.", most: MostCount);
        var epochs = Options.Number("--versions", "How many epochs' versions of each to show. 6 by default.", most: MostEpochs);
        var fraction = DataOptions.ValidationFraction();
        var recipe = new RecipeOptions();
        var preset = new PresetOptions();
        var json = Options.Json();
        var command = new Command("preview", "Draw what a network is shown of pictures while it learns: each picture, and what becomes of it in some epochs.") { model, data, output, force, count, epochs };
        recipe.AddForPreviewTo(command);
        command.Options.Add(fraction);
        preset.AddTo(command);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                var target = WeightOptions.Path(parsed.GetValue(output)!);
                if (!target.EndsWith(".png", StringComparison.OrdinalIgnoreCase)) throw new UsageException($"{target}: the name of the picture must end in .png");
                if (File.Exists(target) && !parsed.GetValue(force)) throw new UsageException($"{target} is already there: --force replaces it");
                FileTarget.Check(target);

                var options = preset.Apply(parsed, new ClassifierOptions { Decoding = ImageFiles.Decoding });
                var source = parsed.GetValue(model) is { } named ? ModelReference.Parse(named).Source : null;
                var shape = source is not null ? StartingPoint.PresetOf(source, options) : Changed(options);
                var path = WeightOptions.Path(parsed.GetValue(data)!);
                var loaded = recipe.Load(parsed);
                var changes = recipe.Changes(parsed);
                NativeLibraries.EnsureLoaded();
                var used = changes(loaded ?? FineTuner.UsualRecipe(source, shape, path));

                var dataset = new DatasetOptions { Seed = used.Seed, FindDuplicates = false, ValidationFraction = parsed.GetValue(fraction) ?? new DatasetOptions().ValidationFraction };
                if (source is not null) dataset = FineTuner.WithOrder(dataset, source);
                using var pictures = Datasets.Open(path, dataset, cancellation);
                var preview = new AugmentationPreview(pictures.Training, shape, used, options.Decoding!);
                int[] shown = [.. Enumerable.Range(1, (int)(parsed.GetValue(epochs) ?? UsualEpochs))];
                preview.Write(target, (int)(parsed.GetValue(count) ?? UsualCount), shown, cancellation);
                Say(terminal, parsed.GetValue(json), new(
                    target, used.Seed, shown, [.. preview.Shown.Select(index => new PreviewedImage(pictures.Training.Get(index).Image.Name ?? "", preview.LabelsOf(index)))], preview.Unreadable));
                return preview.Unreadable.Count > 0 ? CommandLine.Failure : CommandLine.Success;
            },
            CancellationToken.None));
        return command;
    }

    private static ImagePreset Changed(ClassifierOptions options)
    {
        var preset = options.Preset ?? UsualPreset;
        return options.ChangePreset?.Invoke(preset) ?? preset;
    }

    private static void Say(Terminal terminal, bool json, PreviewedImages report)
    {
        if (json)
        {
            terminal.WriteJson(report, Json.Default.PreviewedImages);
            return;
        }
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Path}: {report.Images.Count:N0} pictures in {report.Epochs.Count} epochs, seed {report.Seed}"));
        foreach (var error in report.Unreadable) terminal.Error.WriteLine($"luma: left out: {error}");
    }
}
