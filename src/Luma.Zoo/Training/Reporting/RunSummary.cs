using System.Globalization;
using System.Text;
using System.Text.Json;
using Luma.Zoo.Files;
using nietras.SeparatedValues;

namespace Luma.Zoo.Training.Reporting;

/// <summary>What a run's folder says of it, without its checkpoints and weights. Shares are from 0 to 1; null is what nothing says.</summary>
internal sealed record RunSummary(string Folder, RunState State)
{
    private const int MostBytes = 64 << 20, MostDepth = 6;

    /// <summary>The network's id.</summary>
    public string? Model { get; init; }

    /// <summary>How many epochs are done.</summary>
    public int EpochsDone { get; init; }

    /// <summary>How many there are to be.</summary>
    public int? EpochsPlanned { get; init; }

    /// <summary>The epoch whose weights are the best.</summary>
    public int? BestEpoch { get; init; }

    /// <summary>The best epoch's accuracy on the validation images; where an image has several classes at once, how many got exactly these.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The best epoch's mean average precision, where an image has several classes at once.</summary>
    public double? MeanAveragePrecision { get; init; }

    /// <summary>The best epoch's loss on the validation images.</summary>
    public double? Loss { get; init; }

    /// <summary>The recipe's learning rate.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The recipe's seed.</summary>
    public int? Seed { get; init; }

    /// <summary>What is damaged; null where nothing is.</summary>
    public string? Problem { get; init; }

    /// <summary>What runs are ordered by.</summary>
    public double? Score => MeanAveragePrecision ?? Accuracy;

    /// <summary>Whether a folder is a run's.</summary>
    public static bool IsRun(string folder) =>
        File.Exists(Path.Combine(folder, RunReport.Recipe)) || File.Exists(Path.Combine(folder, RunReport.Log)) || Directory.Exists(Path.Combine(folder, "checkpoints"));

    /// <summary>The runs in a folder: itself, or those anywhere below it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="unreadable">Is told the folders below it that cannot be read, with what was thrown.</param>
    /// <returns>The runs' folders, in the order of their names.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> Find(string folder, Action<string, Exception> unreadable)
    {
        List<string> runs = [];
        Add(folder, depth: 0);
        return runs;

        void Add(string found, int depth)
        {
            if (IsRun(found)) runs.Add(found);
            else if (depth < MostDepth)
            {
                foreach (var inner in Inside(found, depth)) Add(inner, depth + 1);
            }
        }

        string[] Inside(string found, int depth)
        {
            try
            {
                return [.. Directory.EnumerateDirectories(found).Where(name => Path.GetFileName(name)[0] != '.').Order(StringComparer.Ordinal)];
            }
            catch (Exception error) when (depth > 0 && error is IOException or UnauthorizedAccessException)
            {
                unreadable(found, error);
                return [];
            }
        }
    }

    /// <summary>Reads what a run's folder says.</summary>
    /// <param name="folder">The folder.</param>
    public static RunSummary Read(string folder)
    {
        var summary = new RunSummary(folder, RunState.Stopped);
        int? patience = null;
        List<string> problems = [];
        Try(RunReport.Recipe, bytes =>
        {
            using var recipe = JsonDocument.Parse(bytes);
            var root = recipe.RootElement;
            summary = summary with { EpochsPlanned = root.GetProperty("epochs").GetInt32(), Seed = root.GetProperty("seed").GetInt32() };
            if (root.TryGetProperty("optimizer", out var optimizer) && optimizer.TryGetProperty("learning_rate", out var rate)) summary = summary with { LearningRate = rate.GetDouble() };
            if (root.TryGetProperty("patience", out var limit)) patience = limit.GetInt32();
        });
        var waited = 0;
        Try(RunReport.Log, bytes =>
        {
            using var rows = Sep.Reader(options => options with { Unescape = true, DisableColCountCheck = false }).FromText(Encoding.UTF8.GetString(bytes));
            if (rows.IsEmpty) throw new FormatException("it is empty");
            foreach (var row in rows)
            {
                var epoch = int.Parse(row["epoch"].Span, NumberStyles.None, CultureInfo.InvariantCulture);
                var isBest = row["best"].Span is "1";
                waited = isBest ? 0 : waited + 1;
                summary = summary with { EpochsDone = epoch };
                if (!isBest) continue;
                summary = summary with
                {
                    BestEpoch = epoch,
                    Accuracy = Number(row["accuracy"].Span),
                    MeanAveragePrecision = Number(row["mean_average_precision"].Span),
                    Loss = Number(row["validation_loss"].Span),
                };
            }
        });
        Try("model.json", bytes => summary = summary with { Model = ModelJson.Read(bytes).Model });
        var isDone = summary.EpochsDone > 0 && (summary.EpochsDone >= summary.EpochsPlanned || waited >= patience);
        return summary with
        {
            State = problems.Count > 0 ? RunState.Damaged : IsHeld(folder) ? RunState.Running : isDone ? RunState.Finished : RunState.Stopped,
            Problem = problems.Count > 0 ? string.Join("; ", problems) : null,
        };

        // What is not there yet is no damage.
        void Try(string name, Action<byte[]> read)
        {
            var path = Path.Combine(folder, name);
            try
            {
                if (File.Exists(path)) read(RegularFile.ReadAllBytes(path, MostBytes));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{name}: {FileTrouble.WhileReading(error)}");
            }
            catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException or FormatException or KeyNotFoundException or InvalidDataException
                or OverflowException)
            {
                problems.Add($"{name}: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
            }
        }
    }

    private static double? Number(ReadOnlySpan<char> text) => text.Length == 0 ? null : double.Parse(text, CultureInfo.InvariantCulture);

    // Whoever trains has the lock for himself. Looking takes none that could get in his way for longer than this.
    private static bool IsHeld(string folder)
    {
        var path = Path.Combine(folder, RunFolder.LockName);
        try
        {
            if (!File.Exists(path)) return false;
            using var probe = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
