using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Luma.Zoo.Inference;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Says in Markdown what a model is, how it was made, how good it is and how it is used.</summary>
/// <param name="folder">The run's folder.</param>
/// <param name="dataName">What the data are called.</param>
/// <param name="recipe">The recipe.</param>
/// <param name="outcome">What came of the run.</param>
internal sealed class ModelCard(string folder, string dataName, TrainingOptions recipe, RunOutcome outcome)
{
    private const int MostClasses = 200, MostNotes = 20;

    private readonly ModelManifest manifest = outcome.Start.Manifest;
    private readonly StringBuilder text = new();

    /// <summary>The card.</summary>
    public override string ToString()
    {
        text.Clear();
        AddWhat();
        AddResults();
        AddUse();
        AddData();
        AddRecipe();
        AddProvenance();
        return text.ToString();
    }

    private bool IsMultiLabel => manifest.Task == ClassificationTask.MultiLabel;

    private string FolderName => RunReport.NameOf(folder);

    private void AddWhat()
    {
        var start = manifest.Provenance.TryGetValue("fine_tuned_from", out var weights) ? $"fine-tuned from {Code(Name(weights))}" : "trained from scratch";
        var shape = manifest.Preset.GetInputShape();
        Line($"# {manifest.Model} on {Cell(dataName)}");
        Line();
        Line($"An image classifier: the network {Code(manifest.Model)}, {start} on the pictures of {Code(dataName)}. "
            + (IsMultiLabel ? $"A picture may have any number of its {Number(manifest.Classes.Count)} classes at once. " : $"It tells {Number(manifest.Classes.Count)} classes apart. ")
            + $"The network sees pictures of {shape[2]} x {shape[1]} pixels{(shape[0] == 1 ? " in grey" : "")}; preparing them is part of the model.");
        Line();
        var shown = manifest.Classes.Take(MostClasses).ToList();
        Line($"Classes: {string.Join(", ", shown.Select(Code))}{(shown.Count < manifest.Classes.Count ? $", and {Number(manifest.Classes.Count - shown.Count)} more in `model.json`" : "")}.");
        Line();
    }

    private void AddResults()
    {
        Line("## Results");
        Line();
        List<(string Part, Evaluation Evaluation)> parts = [("validation", outcome.Validation)];
        if (outcome.Test is { } test) parts.Add(("test", test));
        TableHead(["", .. parts.Select(part => part.Part)]);
        Row("pictures", evaluation => Number(evaluation.Count));
        Row("mean average precision", evaluation => evaluation.MeanAveragePrecision is { } precision ? Percent(precision) : null);
        Row(IsMultiLabel ? "all classes right" : "top-1 accuracy", evaluation => Percent(evaluation.Accuracy));
        Row("top-5 accuracy", evaluation => evaluation.Top5Accuracy is { } accuracy ? Percent(accuracy) : null);
        Row("loss", evaluation => evaluation.Loss.ToString("F4", CultureInfo.InvariantCulture));
        Row("calibration error", evaluation => evaluation.CalibrationError?.ToString("F4", CultureInfo.InvariantCulture));
        Line();
        var best = outcome.Training.Best!;
        Line($"The weights are those of epoch {Number(best.Epoch)} of {Number(outcome.Training.History.Count)}, which was the best on the validation pictures"
            + (outcome.Test is null ? ". Because they were chosen by these pictures, expect slightly lower figures on new ones." : "; the test pictures had no part in it."));
        Line();
        Line($"![Loss, accuracy and learning rate by epoch]({RunReport.Curves})");
        Line();
        Line($"![{(IsMultiLabel ? "How often each class was seen, missed, and seen where it is not" : "Which classes were taken for which")}]({RunReport.Confusion})");
        Line();
        Line($"![The worst mistakes]({RunReport.Mistakes})");
        Line();
        Line($"The figures of each class are in [{RunReport.Classes}]({RunReport.Classes}), those of each epoch in [{RunReport.Log}]({RunReport.Log}), and everything that was measured in "
            + $"[{RunReport.EvaluationName}]({RunReport.EvaluationName}){(outcome.Test is null ? "" : $" and [{RunReport.TestName}]({RunReport.TestName})")}.");
        Line();

        void Row(string name, Func<Evaluation, string?> of)
        {
            if (parts.Exists(part => of(part.Evaluation) is not null)) TableRow([name, .. parts.Select(part => of(part.Evaluation) ?? "-")]);
        }
    }

    private void AddUse()
    {
        var quoted = FolderName.Contains(' ', StringComparison.Ordinal) ? $"\"{FolderName}\"" : FolderName;
        Line("## Use");
        Line();
        Line("On the command line, in the folder that this one is in:");
        Line();
        Line("```");
        Line($"luma classify {quoted} photo.jpg");
        Line("```");
        Line();
        Line("In C#, with the packages `Luma.Zoo` and `TorchSharp-cpu`:");
        Line();
        Line("```csharp");
        Line("using Luma.Zoo;");
        Line();
        Line($"using var classifier = ModelFolder.Open(@\"{FolderName.Replace("\"", "\"\"", StringComparison.Ordinal)}\").CreateClassifier();");
        Line("foreach (var prediction in classifier.Classify(\"photo.jpg\", top: 3))");
        Line("    Console.WriteLine($\"{prediction.Label}: {prediction.Probability:P1}\");");
        Line("```");
        Line();
        Line($"`luma convert {quoted} model.pth` writes the weights for PyTorch.");
        if (TimmLayout.Write(manifest) is not null) Line($"With timm, `timm.create_model(\"local-dir:{FolderName}\", pretrained=True)` opens this folder.");
        Line();
    }

    private void AddData()
    {
        Line("## Data");
        Line();
        List<(string Part, int[] Counts, int Total)> parts = [Count("training", outcome.Data.Training), Count("validation", outcome.Data.Validation)];
        if (outcome.Data.Test is { } test) parts.Add(Count("test", test));
        TableHead(["class", .. parts.Select(part => part.Part)]);
        foreach (var (place, name) in manifest.Classes.Take(MostClasses).Index()) TableRow([Cell(name), .. parts.Select(part => Number(part.Counts[place]))]);
        if (manifest.Classes.Count > MostClasses) TableRow([$"{Number(manifest.Classes.Count - MostClasses)} more", .. parts.Select(part => Number(part.Counts.Skip(MostClasses).Sum()))]);
        TableRow([IsMultiLabel ? "**pictures**" : "**all**", .. parts.Select(part => $"**{Number(part.Total)}**")]);
        Line();
        List<string> notes = [.. outcome.Warnings, .. outcome.Training.Unreadable.Concat(outcome.Validation.Unreadable).Concat(outcome.Test?.Unreadable ?? []).Distinct().Select(error => $"left out: {error}")];
        if (notes.Count == 0) return;
        Line("Of note:");
        Line();
        foreach (var note in notes.Take(MostNotes)) Line($"- {Cell(Name(note))}");
        if (notes.Count > MostNotes) Line($"- {Number(notes.Count - MostNotes)} more");
        Line();
    }

    private void AddRecipe()
    {
        Line("## Recipe");
        Line();
        TableHead(["setting", "value"]);
        foreach (var (name, value) in Settings()) TableRow([Code(name), Code(value)]);
        Line();
        Line($"[{RunReport.Recipe}]({RunReport.Recipe}) is the same for `luma finetune --recipe`.");
        Line();
    }

    private void AddProvenance()
    {
        Line("## Provenance");
        Line();
        TableHead(["", ""]);
        TableRow(["starting weights", manifest.Provenance.TryGetValue("fine_tuned_from", out var weights) ? Code(Name(weights)) : "none: drawn at random"]);
        if (weights is not null) TableRow(["licence of the starting weights", Cell(manifest.Provenance.GetValueOrDefault("license") ?? "not known")]);
        foreach (var (name, value) in manifest.Provenance.Where(entry => entry.Key is not ("fine_tuned_from" or "license"))) TableRow([Cell(name), Cell(Name(value))]);
        TableRow(["seed", Number(recipe.Seed)]);
        TableRow(["steps", Number(outcome.Training.Steps)]);
        TableRow(["weights saved on", WhenSaved().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)]);
        TableRow(["Luma.Zoo", VersionOf(typeof(ModelCard).Assembly)]);
        TableRow(["TorchSharp", VersionOf(typeof(torch).Assembly)]);
        TableRow(["libtorch", Version.TryParse(__version__, out var libtorch) ? libtorch.ToString(3) : __version__]);
        TableRow([".NET", Environment.Version.ToString()]);
        TableRow(["platform", RuntimeInformation.RuntimeIdentifier]);
    }

    private List<(string Name, string Value)> Settings()
    {
        try
        {
            List<(string, string)> settings = [];
            Flatten("", JsonNode.Parse(recipe.ToJson()), settings);
            return settings;
        }
        catch (Exception error) when (error is NotSupportedException or JsonException)
        {
            // Parts of somebody's own have no JSON form.
            return [("recipe", recipe.ToString())];
        }
    }

    private static void Flatten(string path, JsonNode? node, List<(string Name, string Value)> settings)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members) Flatten(path.Length == 0 ? name : $"{path}.{name}", value, settings);
        }
        else if (node is JsonArray items && items.Any(item => item is JsonObject))
        {
            foreach (var (place, item) in items.Index()) Flatten($"{path}[{place}]", item, settings);
        }
        else
        {
            settings.Add((path, node is JsonArray list ? list.Count == 0 ? "[]" : string.Join(", ", list.Select(item => item?.ToString())) : node?.ToString() ?? "null"));
        }
    }

    private static (string Part, int[] Counts, int Total) Count(string part, IDataset data)
    {
        var counts = new int[data.Classes.Count];
        for (var i = 0; i < data.Count; i++)
        {
            foreach (var label in data.GetLabels(i)) counts[label]++;
        }
        return (part, counts, data.Count);
    }

    private DateTime WhenSaved()
    {
        var file = Path.Combine(folder, "model.json");
        return File.Exists(file) ? File.GetLastWriteTimeUtc(file) : DateTime.UtcNow;
    }

    private static string VersionOf(Assembly assembly) =>
        (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version?.ToString(3) ?? "").Split('+')[0];

    // Where files lie on this machine is of no interest to others.
    private static string Name(string value) => string.Join(' ', value.Split(' ').Select(word => Path.IsPathRooted(word) ? RunReport.NameOf(word.TrimEnd(':')) + (word.EndsWith(':') ? ":" : "") : word));

    private void TableHead(IReadOnlyList<string> names)
    {
        TableRow(names);
        TableRow([.. names.Select(_ => "---")]);
    }

    private void TableRow(IReadOnlyList<string> cells) => Line($"| {string.Join(" | ", cells)} |");

    private void Line(string line = "") => text.Append(line).Append('\n');

    private static string Cell(string value)
    {
        var cell = new StringBuilder();
        foreach (var c in value.ReplaceLineEndings(" "))
        {
            if (c is '|' or '*' or '_' or '`' or '[' or ']' or '<' or '\\' or '#') cell.Append('\\');
            cell.Append(c);
        }
        return cell.ToString();
    }

    // A name with a backtick stands between two.
    private static string Code(string value)
    {
        value = value.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
        return value.Contains('`', StringComparison.Ordinal) ? $"`` {value} ``" : $"`{value}`";
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double value) => $"{(100 * value).ToString("F2", CultureInfo.InvariantCulture)} %";
}
