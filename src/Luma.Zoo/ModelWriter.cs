using Luma.Zoo.Files;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo;

/// <summary>Writes a model as a folder or as one file.</summary>
internal sealed class ModelWriter(
    string path, StateDict weights, ModelManifest manifest, bool overwrite, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
{
    // New weights in a folder that has a model, until model.json says that they are its own.
    private const string NewWeightsName = ".luma-new.safetensors", LockName = ".luma-lock", PartialEnd = ".luma-partial";

    /// <summary>The weights of a folder: those that <c>model.json</c> was written with.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="manifest">What its <c>model.json</c> says.</param>
    public static string WeightsOf(string folder, ModelManifest manifest)
    {
        // Only where a process was killed between two renames is there a choice.
        var waiting = Path.Combine(folder, NewWeightsName);
        if (manifest.WeightsSha256 is null || !File.Exists(waiting)) return folder;

        using var source = ByteSource.Open(waiting, map: false);
        return source.Hash().Equals(manifest.WeightsSha256, StringComparison.OrdinalIgnoreCase) ? waiting : folder;
    }

    /// <summary>Refuses a place that cannot be written: better before the work than after it.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="overwrite">Whether a model that is there is replaced.</param>
    /// <exception cref="IOException">Something is there already, or the path can be none of a model.</exception>
    public static void Check(string path, bool overwrite)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) throw new IOException($"{path}: cannot be written: the path has a NUL character.");
        if (IsArchive(path))
        {
            if (File.Exists(path) && !overwrite) throw new IOException($"{path}: there is a file already; --force (in C#: overwrite) replaces it.");
        }
        else if (File.Exists(path))
        {
            throw new IOException($"{path}: cannot be written: this is a file; a model is a folder, or a file called {ModelFolder.ArchiveExtension}.");
        }
        else if (!overwrite && (File.Exists(Path.Combine(path, ModelArchive.ManifestName)) || File.Exists(Path.Combine(path, ModelArchive.WeightsName))))
        {
            throw new IOException($"{path}: there is a model in this folder already; --force (in C#: overwrite) replaces it.");
        }
        var parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (parent is not null && !Directory.Exists(parent)) throw new IOException($"{path}: cannot be written: the folder '{parent}' is not there.");
    }

    /// <summary>Writes it.</summary>
    /// <returns>The manifest with the hash of the weights.</returns>
    public ModelManifest Write()
    {
        Check(path, overwrite);
        if (IsArchive(path)) return WriteArchive();

        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            return Directory.Exists(target) ? WriteInto(target) : WriteNew(target);
        }
        // What names the path that the user gave says enough.
        catch (Exception error) when (error is UnauthorizedAccessException || (error is IOException && !error.Message.StartsWith($"{path}: ", StringComparison.Ordinal)))
        {
            throw new IOException($"{path}: cannot be written: {FileTrouble.WhileWriting(error, Path.GetDirectoryName(target))}.", error);
        }
    }

    private static bool IsArchive(string path) =>
        Path.GetExtension(path).ToLowerInvariant() is ModelFolder.ArchiveExtension or ".zip" && !Directory.Exists(path);

    private ModelManifest WriteArchive()
    {
        var written = manifest;
        AtomicFile.Write(path, stream =>
        {
            var zip = new ZipWriter(stream);
            zip.Add(ModelArchive.WeightsName, SafetensorsWriter.SizeOf(weights), checksum =>
            {
                using var hashing = new HashingStream(stream) { Checksum = checksum };
                SafetensorsWriter.Write(weights, new WeightOutput(hashing, progress, cancellationToken));
                written = manifest with { WeightsSha256 = hashing.Sha256() };
            });
            zip.Add(ModelArchive.ManifestName, ModelJson.Write(written));
            zip.Finish();
        });
        return written;
    }

    // Under another name until all of it is there.
    private ModelManifest WriteNew(string target)
    {
        var parent = Path.GetDirectoryName(target)!;
        Sweep(parent, Path.GetFileName(target));

        var partial = Path.Combine(parent, $"{AtomicFile.HiddenName(Path.GetFileName(target))}-{Path.GetRandomFileName()}{PartialEnd}");
        Directory.CreateDirectory(partial);
        try
        {
            ModelManifest written;
            var held = Path.Combine(partial, LockName);
            // Whoever can lock it knows that its writer is gone.
            using (new FileStream(held, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1))
            {
                written = WriteWeights(Path.Combine(partial, ModelArchive.WeightsName), successorOf: null);
                WriteManifest(partial, written);
            }
            File.Delete(held);
            Directory.Move(partial, target);
            return written;
        }
        catch
        {
            Directory.Delete(partial, recursive: true);
            throw;
        }
    }

    // The new model.json is what makes the new weights the folder's: until then the old model is whole, and from then on the new one.
    private ModelManifest WriteInto(string target)
    {
        var (final, waiting) = (Path.Combine(target, ModelArchive.WeightsName), Path.Combine(target, NewWeightsName));
        // Two at a time would mix the weights of one with the manifest of the other.
        FileLock? alone = null;
        Named(() => alone = FileLock.Take(final, cancellationToken));
        using var held = alone;
        // What a killed process had made the folder's own, and not yet renamed.
        if (File.Exists(waiting) && ModelFolder.TryOpen(target) is { } before && before.WeightsPath == waiting)
        {
            using var copy = CopyBehindLink(waiting, final);
            TakePlace(waiting, final, copy);
        }
        var isNew = false;
        try
        {
            var written = WriteWeights(waiting, successorOf: final);
            // Whatever can fail for want of room comes before the manifest.
            using var copy = CopyBehindLink(waiting, final);
            WriteManifest(target, written);
            isNew = true;
            TakePlace(waiting, final, copy);
            return written;
        }
        catch
        {
            if (!isNew) File.Delete(waiting);
            throw;
        }
    }

    // A symbolic link stays, and what it leads to may be on another disk, where no file can be moved at once. Null where there is no link.
    private AtomicFile.PreparedFile? CopyBehindLink(string waiting, string final)
    {
        if (new FileInfo(final).LinkTarget is null) return null;

        AtomicFile.PreparedFile? copy = null;
        Named(() => copy = AtomicFile.Prepare(final, stream =>
        {
            using var source = File.OpenRead(waiting);
            source.CopyTo(stream);
        }));
        return copy;
    }

    private void TakePlace(string waiting, string final, AtomicFile.PreparedFile? copy)
    {
        if (copy is null)
        {
            File.Move(waiting, final, overwrite: true);
            return;
        }
        Named(copy.TakePlace);
        File.Delete(waiting);
    }

    private ModelManifest WriteWeights(string file, string? successorOf)
    {
        var hash = "";
        Named(() => AtomicFile.Write(
            file,
            stream =>
            {
                using var hashing = new HashingStream(stream);
                SafetensorsWriter.Write(weights, new WeightOutput(hashing, progress, cancellationToken));
                hash = hashing.Sha256();
            },
            successorOf));
        return manifest with { WeightsSha256 = hash };
    }

    private void WriteManifest(string folder, ModelManifest written) =>
        Named(() => AtomicFile.Write(Path.Combine(folder, ModelArchive.ManifestName), stream => stream.Write(ModelJson.Write(written))));

    // Messages name what the user named.
    private void Named(Action write)
    {
        try
        {
            write();
        }
        catch (IOException error) when (error.InnerException is { } cause)
        {
            throw new IOException($"{path}: cannot be written: {FileTrouble.WhileWriting(cause, path)}.", cause);
        }
    }

    // What a killed process left of this folder.
    private static void Sweep(string parent, string name)
    {
        foreach (var left in Directory.EnumerateDirectories(parent, $"{AtomicFile.HiddenName(name)}-*{PartialEnd}", AtomicFile.Listing))
        {
            try
            {
                var held = Path.Combine(left, LockName);
                if (File.Exists(held)) using (new FileStream(held, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 1)) { }
                else if (Directory.GetCreationTimeUtc(left) > DateTime.UtcNow.AddMinutes(-1)) continue;
                Directory.Delete(left, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its writer is alive, or it is another user's.
            }
        }
    }
}
