using Luma.Zoo.Files;
using Luma.Zoo.Training.Reporting;

namespace Luma.Zoo.Training;

/// <summary>The folder of a run: whoever trains in it holds it alone.</summary>
internal sealed class RunFolder : IDisposable
{
    /// <summary>The name of the file that whoever trains holds.</summary>
    public const string LockName = ".luma-run-lock";

    private const string CheckpointsName = "checkpoints";

    // What a run writes beside its model.json.
    private static readonly string[] Written =
    [
        "model.safetensors", "config.json", RunReport.Recipe, RunReport.Log, RunReport.Curves, RunReport.Confusion, RunReport.Classes, RunReport.Mistakes, RunReport.EvaluationName,
        RunReport.TestName, RunReport.Card,
    ];

    private readonly FileStream held;
    private readonly bool isNew;

    private RunFolder(string path, FileStream held, bool isNew) => (Path, this.held, this.isNew) = (path, held, isNew);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Where the training is saved as it goes.</summary>
    public string Checkpoints => PathOf(CheckpointsName);

    /// <summary>Where a file of the run is.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Opens the folder of a run for training, and makes it where it is not there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="resume">Whether a run that is there goes on.</param>
    /// <exception cref="IOException">It cannot be written, something else is there, or another process trains in it.</exception>
    public static RunFolder Open(string path, bool resume)
    {
        Check(path, resume);
        FileStream held;
        bool isNew;
        try
        {
            isNew = !Directory.Exists(path);
            Directory.CreateDirectory(path);
            held = new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException error) when (FileTrouble.IsInUse(error))
        {
            throw new IOException($"{path}: another process is training in this folder. Wait for it, or take another folder.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: cannot be written: {FileTrouble.WhileWriting(error, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)))}.", error);
        }
        try
        {
            // Another process may have begun a run here, and ended it, just before.
            Check(path, resume);
            return new(path, held, isNew);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a folder of pictures: among them, a run's files are in the way. A folder of its own beside them is not.</summary>
    /// <param name="path">The run's folder.</param>
    /// <param name="data">The pictures.</param>
    /// <exception cref="IOException">It is the folder of the pictures, or one of theirs.</exception>
    public static void CheckApart(string path, string data)
    {
        if (!Directory.Exists(path) || !Directory.Exists(data) || HasRun(path)) return;
        var (run, pictures) = (RegularFile.RealPath(path), RegularFile.RealPath(data));
        if (run == pictures || (run.StartsWith(pictures + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal) && Directory.EnumerateFileSystemEntries(run).Any()))
            throw new IOException($"{path}: the pictures to learn from are in this folder. Take another one, such as {System.IO.Path.Combine(path, "run")}.");
    }

    /// <summary>Refuses a folder that cannot be a run's: better before the work than after it.</summary>
    /// <exception cref="IOException">Something else is there.</exception>
    public static void Check(string path, bool resume)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) throw new IOException($"{path}: cannot be written: the path has a NUL character.");
        if (File.Exists(path)) throw new IOException($"{path}: cannot be written: this is a file, and a run is a folder.");
        if (!Directory.Exists(path)) return;

        if (HasRun(path))
        {
            if (resume) return;
            throw new IOException($"{path}: there is a run in this folder already. Go on with it by --resume (in C#: Resume), or take another folder.");
        }
        if (Has("model.json")) throw new IOException($"{path}: there is a model in this folder, which is no run's. Take another folder.");
        // A run that ended before its first checkpoint leaves files too, and its lock.
        if (!Has(LockName) && Array.Find(Written, Has) is { } other)
            throw new IOException($"{path}: there is a {other} in this folder, which is no run's and would be overwritten. Take another folder.");

        bool Has(string name) => File.Exists(System.IO.Path.Combine(path, name));
    }

    /// <summary>Whether a run was saved in a folder.</summary>
    public static bool HasRun(string path) => Directory.Exists(System.IO.Path.Combine(path, CheckpointsName));

    public void Dispose()
    {
        held.Dispose();
        // Nothing came of it: a wrong path of the data, or the like.
        if (HasRun(Path) || Array.Exists(Written, name => File.Exists(PathOf(name)))) return;
        try
        {
            File.Delete(PathOf(LockName));
            if (isNew) Directory.Delete(Path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What is left does no harm.
        }
    }
}
