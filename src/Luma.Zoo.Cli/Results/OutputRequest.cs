namespace Luma.Zoo.Cli.Results;

/// <summary>Where results go, and what to do with what is there.</summary>
/// <param name="Path">The file, or null for standard output.</param>
/// <param name="Format">How they are written.</param>
/// <param name="Resume">Whether to go on with what an earlier run has written.</param>
/// <param name="RetryFailed">Whether to take images out that failed, and do them again.</param>
/// <param name="Force">Whether to replace a file that is there.</param>
internal sealed record OutputRequest(string? Path, ResultFormat Format, bool Resume, bool RetryFailed, bool Force)
{
    /// <summary>Refuses what cannot be done, before any work.</summary>
    /// <param name="inputs">Files that are read; none of them may be written.</param>
    /// <param name="hasSheet">Whether there is another file to replace.</param>
    /// <exception cref="UserException">It cannot be done.</exception>
    public void Check(IReadOnlyList<string> inputs, bool hasSheet)
    {
        if (Resume && Force) throw new UsageException("--resume goes on with the output and --force begins it anew: give one of them");
        if (RetryFailed && !Resume) throw new UsageException("--retry-failed needs --resume: it does the images again that failed in an earlier run");
        if (Resume && !Format.CanResume()) throw new UsageException($"--resume cannot go on with {Format.Name()}: jsonl and csv can be continued");
        if (Path is null)
        {
            if (Resume || (Force && !hasSheet)) throw new UsageException($"{(Resume ? "--resume" : "--force")} needs --output FILE");
            if (Format == ResultFormat.Parquet) throw new UsageException("parquet is not text: give a file with --output FILE");
            return;
        }

        FileTarget.Check(Path);
        FileTarget.Check(ResultMeta.PathOf(Path));
        FileTarget.CheckNotRead(Path, inputs, "--output");
        FileTarget.CheckNotRead(ResultMeta.PathOf(Path), inputs, "--output");
        if (ImageFiles.IsImage(System.IO.Path.GetExtension(Path))) throw new UsageException($"{Path}: results are no image; name a file such as results.jsonl");
        if (Files.RegularFile.Obstacle(Path) is { } obstacle) throw new UserException($"{Path}: {obstacle}");
        if (File.Exists(Path) && !Resume && !Force)
            throw new UsageException($"{Path} is already there: {(Format.CanResume() ? "--resume goes on with it, and " : "")}--force replaces it");
    }
}
