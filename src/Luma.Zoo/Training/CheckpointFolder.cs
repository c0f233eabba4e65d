using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Luma.Zoo.Files;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Training;

/// <summary>The checkpoints of a training: one file each, written as a whole, the last few kept.</summary>
internal sealed class CheckpointFolder
{
    private const string Prefix = "step-", Extension = ".safetensors", StateName = "luma.state", HashName = "luma.hash";

    private readonly CheckpointOptions options;

    public CheckpointFolder(CheckpointOptions options) => this.options = options;

    /// <summary>The folder.</summary>
    public string Path => options.Folder;

    /// <summary>Where the best weights are kept.</summary>
    public string BestPath => System.IO.Path.Combine(options.Folder, $"best{Extension}");

    /// <summary>Whether there are checkpoints.</summary>
    public bool HasAny => Files().Any();

    /// <summary>Saves a training. What was saved before stays until the new file is whole.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(TrainingState state, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var scope = NewDisposeScope();
        try
        {
            Directory.CreateDirectory(options.Folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{options.Folder}: cannot be written: {FileTrouble.WhileWriting(error, System.IO.Path.GetDirectoryName(options.Folder))}.", error);
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(state, TrainingJson.Default.TrainingState);
        List<KeyValuePair<string, Tensor>> saved = [.. tensors, KeyValuePair.Create(StateName, tensor(json, ScalarType.Byte))];
        saved.Add(KeyValuePair.Create(HashName, tensor(HashOf(saved), ScalarType.Byte)));
        var file = System.IO.Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{state.Epoch:D5}-{state.Batch:D7}{Extension}"));
        using (var content = StateDict.Of(saved, file)) content.Save(file);
        foreach (var old in Files().SkipLast(options.Keep + 1))
        {
            try
            {
                File.Delete(old);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // One more than are kept does no harm.
            }
        }
    }

    /// <summary>Opens the last checkpoint that is whole.</summary>
    /// <param name="warn">Is told of those that are not.</param>
    /// <returns>Its state and tensors; null where there are none.</returns>
    /// <exception cref="CheckpointException">There are some, and none can be read.</exception>
    public (TrainingState State, StateDict Tensors)? OpenLast(Action<string> warn)
    {
        Exception? last = null;
        foreach (var file in Files().Reverse())
        {
            StateDict? tensors = null;
            try
            {
                tensors = StateDict.Open(file);
                Verify(tensors);
                return (ReadState(tensors), tensors);
            }
            catch (Exception error) when (error is WeightFileException or JsonException or CheckpointException or KeyNotFoundException)
            {
                tensors?.Dispose();
                warn($"{file}: this checkpoint cannot be read, so an earlier one is looked for: {error.Message}");
                last = error;
            }
        }
        return last is null ? null : throw new CheckpointException(Path, $"none of the checkpoints can be read. Begin anew in another folder. {last.Message}", last);
    }

    private static TrainingState ReadState(StateDict tensors)
    {
        if (!tensors.Contains(StateName)) throw new CheckpointException(tensors.Source, "this is no checkpoint of a training.");
        using var bytes = tensors[StateName].ToTensor();
        var state = JsonSerializer.Deserialize(bytes.bytes, TrainingJson.Default.TrainingState) ?? throw new JsonException("its state is null");
        return state.FormatVersion == TrainingState.Version
            ? state
            : throw new CheckpointException(tensors.Source, $"it has the format version {state.FormatVersion}; this release of Luma.Zoo reads {TrainingState.Version}.");
    }

    // A file of the right length may have other bytes than were written.
    private static void Verify(StateDict tensors)
    {
        if (!tensors.TryGet(HashName, out var written)) throw new CheckpointException(tensors.Source, "this is no checkpoint of a training.");
        using var scope = NewDisposeScope();
        var hash = HashOf(tensors.Names.Where(name => name != HashName).Select(name => KeyValuePair.Create(name, tensors[name].ToTensor())));
        if (!written.ToTensor().bytes.SequenceEqual(hash)) throw new CheckpointException(tensors.Source, "its bytes are not those that were written.");
    }

    private static byte[] HashOf(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        var hash = new XxHash128();
        foreach (var (name, value) in tensors.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            hash.Append(Encoding.UTF8.GetBytes(name));
            hash.Append(value.detach().cpu().contiguous().bytes);
        }
        return hash.GetCurrentHash();
    }

    private IEnumerable<string> Files() => Directory.Exists(options.Folder)
        ? Directory.EnumerateFiles(options.Folder, $"{Prefix}*{Extension}").OrderBy(PlaceOf).ThenBy(file => file, StringComparer.Ordinal)
        : [];

    // Not by the names: large numbers have more digits. What is named otherwise comes first.
    private static (int Epoch, int Batch) PlaceOf(string file) =>
        System.IO.Path.GetFileNameWithoutExtension(file)[Prefix.Length..].Split('-') is [var epoch, var batch]
        && int.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && int.TryParse(batch, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            ? (first, second)
            : default;
}
