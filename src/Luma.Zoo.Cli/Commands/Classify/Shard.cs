using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>One part of the images, of several that are classified by themselves.</summary>
/// <remarks>
/// An image's path alone decides to which part it belongs. So the parts have no image in common and miss none, also where a folder
/// changes between the start of one and that of another.
/// </remarks>
/// <param name="Index">Which part: from 0 to one less than there are.</param>
/// <param name="Count">How many parts there are.</param>
internal readonly record struct Shard(int Index, int Count)
{
    private const string Auto = "auto";

    /// <summary>Reads a part as users write it.</summary>
    /// <param name="text"><c>I/N</c>, or <c>auto</c> or <c>auto/N</c> for what a scheduler says in the environment.</param>
    /// <param name="environment">The environment's variables.</param>
    /// <exception cref="UsageException">It is none, or the environment says nothing of it.</exception>
    public static Shard Parse(string text, Func<string, string?> environment)
    {
        var parts = text.Split('/');
        var count = parts.Length == 2 ? Number(parts[1]) : null;
        if (parts is [Auto] || (parts is [Auto, _] && count > 0)) return FromScheduler(count, environment);

        if (count == 0) throw Wrong($"'{text}' is no shard, because there must be at least one");
        if (count is null || Number(parts[0]) is not { } index) throw Wrong($"'{text}' is no shard");
        return index < count ? new(index, count.Value) : throw Wrong($"There is no shard {index} of {count}: they are numbered from 0 to {count - 1}");
    }

    /// <summary>The number in the names of outputs: with as many digits for each part, so that names sort as the parts do.</summary>
    public string Name => Index.ToString($"D{Digits(Count)}", CultureInfo.InvariantCulture);

    /// <summary>How many digits the numbers of some parts have.</summary>
    public static int Digits(int count) => (count - 1).ToString(CultureInfo.InvariantCulture).Length;

    /// <summary>Whether a path belongs to this part.</summary>
    public bool Has(string path) => Count == 1 || XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(path)) % (ulong)Count == (ulong)Index;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");

    private static Shard FromScheduler(int? count, Func<string, string?> environment)
    {
        if (environment("SLURM_ARRAY_TASK_ID") is { Length: > 0 }) return FromSlurm(count, environment);
        if (environment("JOB_COMPLETION_INDEX") is not { Length: > 0 })
            throw Wrong("--shard auto needs SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, and neither is set: this is no task of a Slurm array or an indexed Kubernetes Job");

        var index = Variable("JOB_COMPLETION_INDEX", environment);
        // Kubernetes tells a task its number, but not how many there are.
        if (count is null && environment("JOB_COMPLETIONS") is not { Length: > 0 })
            throw Wrong("JOB_COMPLETION_INDEX does not say how many tasks there are: write --shard auto/N, or set JOB_COMPLETIONS to the Job's completions");

        return Checked("JOB_COMPLETION_INDEX", index, count ?? Variable("JOB_COMPLETIONS", environment));
    }

    private static Shard FromSlurm(int? count, Func<string, string?> environment)
    {
        const string Id = "SLURM_ARRAY_TASK_ID";
        var id = Variable(Id, environment);
        // Where the user says how many there are, single tasks may be submitted again: their ids are what counts.
        if (count is { } given) return Checked(Id, id, given);

        var (all, first) = (Variable("SLURM_ARRAY_TASK_COUNT", environment), Variable("SLURM_ARRAY_TASK_MIN", environment));
        var last = Variable("SLURM_ARRAY_TASK_MAX", environment);
        var step = all > 1 ? (last - first) / (all - 1) : 1;
        var even = all > 0 && step > 0 && first + ((long)step * (all - 1)) == last && id >= first && (id - first) % step == 0;
        return even
            ? Checked(Id, (id - first) / step, all)
            : throw Wrong($"The ids of this Slurm array are not evenly spaced, so the place of {id} among them is not known: use --array=0-{Math.Max(all - 1, 0)}, or write --shard I/N");
    }

    private static Shard Checked(string name, int index, int count) => count == 0
        ? throw Wrong($"The scheduler says that there are no shards, but {name} is {index}")
        : index < count
        ? new(index, count)
        : throw Wrong($"{name} is {index}, but there are {count} shards: they are numbered from 0 to {count - 1}");

    private static int Variable(string name, Func<string, string?> environment)
    {
        var text = environment(name);
        if (string.IsNullOrEmpty(text)) throw Wrong($"{name} is not set: write --shard I/N");
        return Number(text) ?? throw Wrong($"{name} must be a whole number from 0, not '{text}'");
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static UsageException Wrong(string message) => new(message.Contains("--shard", StringComparison.Ordinal)
        ? message
        : $"{message}: write --shard I/N with I from 0 to N-1, or --shard auto");
}
