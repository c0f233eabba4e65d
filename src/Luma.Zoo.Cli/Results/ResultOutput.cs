using System.Text;

namespace Luma.Zoo.Cli.Results;

/// <summary>Where results go: a file with what made it beside it, or standard output.</summary>
internal sealed class ResultOutput : IAsyncDisposable
{
    private readonly OutputRequest request;
    private readonly ResultMeta? meta;
    private ResultFile? file;
    private StreamWriter? text;
    private IResultWriter writer = null!;
    private bool broken;
    private long images, failed;

    private ResultOutput(OutputRequest request, ResultMeta? meta) => (this.request, this.meta) = (request, meta);

    /// <summary>What an earlier run has finished; nothing of it is in the file that is written.</summary>
    public FinishedImages Finished { get; private set; } = new();

    /// <summary>How many images are in the output, with those of earlier runs.</summary>
    public long Images => Finished.Count + images;

    /// <summary>How many of them failed.</summary>
    public long Failed => Finished.Failed + failed;

    /// <summary>Begins, or goes on.</summary>
    /// <param name="terminal">What has standard output.</param>
    /// <param name="request">What to write, checked.</param>
    /// <param name="meta">What makes it; null where nothing is written to a file.</param>
    /// <param name="rows">How many predictions an image has at most.</param>
    /// <exception cref="UserException">There is something else already.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static async Task<ResultOutput> OpenAsync(Terminal terminal, OutputRequest request, ResultMeta? meta, int rows)
    {
        var output = new ResultOutput(request, meta);
        try
        {
            await output.BeginAsync(terminal, rows);
            return output;
        }
        catch
        {
            output.broken = true;
            await output.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes what became of an image.</summary>
    public async Task WriteAsync(ClassifiedImage image)
    {
        try
        {
            await writer.WriteAsync(image);
        }
        catch
        {
            broken = true;
            throw;
        }
        images++;
        if (image.Error is not null) failed++;
    }

    /// <summary>Ends the output, unless it could not be written.</summary>
    /// <param name="complete">Whether all images are in it.</param>
    public async Task FinishAsync(bool complete)
    {
        if (broken) return;
        broken = true;
        await writer.FinishAsync();
        if (file is not null)
        {
            if (text is not null) await text.FlushAsync();
            var length = request.Format.CanResume() ? file.Length : (long?)null;
            file.Finish();
            if (complete) (meta! with { Complete = true, Images = Images, Failed = Failed, Bytes = length }).Write(request.Path!);
        }
        broken = false;
    }

    public async ValueTask DisposeAsync()
    {
        // What could not be written once is not tried again.
        if (!broken)
        {
            if (writer is IDisposable disposable) disposable.Dispose();
            if (text is not null) await text.DisposeAsync();
        }
        file?.Dispose();
    }

    private async Task BeginAsync(Terminal terminal, int rows)
    {
        var continued = false;
        if (request.Path is { } path)
        {
            if (request.Format.CanResume())
            {
                file = ResultFile.Growing(path);
                if (request.Resume) Recover(path, rows);
                else file.Continue(0);
                continued = file.Length > 0;
            }
            else
            {
                file = ResultFile.Whole(path);
                // What is there is not what this run makes. A link stays.
                File.Delete(FileTarget.Resolve(path));
            }
            meta!.Write(path);
            if (request.Format != ResultFormat.Parquet) text = new StreamWriter(file, new UTF8Encoding(false), bufferSize: 1 << 14, leaveOpen: true);
        }

        var lines = text ?? terminal.Out;
        writer = request.Format switch
        {
            ResultFormat.Json => new JsonDocumentWriter(lines),
            ResultFormat.Jsonl => new JsonLinesWriter(lines),
            ResultFormat.Csv => new CsvResultWriter(lines, continued),
            ResultFormat.Parquet => await ParquetResultWriter.CreateAsync(file!, Encoding.UTF8.GetString(meta!.ToJson())),
            _ => new TableResultWriter(text is null ? terminal.Console : Terminal.CreateConsole(text)),
        };
    }

    // Takes over what is whole and cuts off what is not.
    private void Recover(string path, int rows)
    {
        // Nothing is there yet, or nothing has been written.
        if (file!.Length == 0) return;

        var there = ResultMeta.Read(path);
        if (meta!.Differences(there) is { Length: > 0 } differences)
            throw new UsageException($"{path} was made in another way: {differences}; give it the same, another name, or --force to begin anew");

        try
        {
            // Somebody may have cut off some of it since.
            var complete = there.Complete && there.Bytes == file.Length;
            var (length, failed) = Take(path, rows, complete);
            if (failed) TakeOut(path, rows, complete);
            file.Continue(failed ? file.Length : length);
        }
        catch (InvalidDataException error)
        {
            throw new UserException($"{path}: {error.Message}; --force begins the output anew");
        }
    }

    // How much of the file stays, and whether there is something in it to take out.
    private (long Length, bool Failed) Take(string path, int rows, bool complete)
    {
        var (length, retry) = (0L, false);
        foreach (var image in FinishedRecord.Read(file!.Read(), request.Format, rows, complete))
        {
            if (image.Failed && request.RetryFailed) retry = true;
            else Finished.Add(image.Path, image.Failed);
            length = image.End;
        }
        return (length, retry);
    }

    // Writes the file again without the images that failed, whole or not at all.
    private void TakeOut(string path, int rows, bool complete)
    {
        var (source, begun) = (file!.Read(), false);
        using (var copy = ResultFile.Whole(path))
        {
            foreach (var image in FinishedRecord.Read(source, request.Format, rows, complete))
            {
                // Before the first image there may be names of columns.
                if (!begun) Copy(copy, 0, image.Begin);
                if (!image.Failed) Copy(copy, image.Begin, image.End);
                begun = true;
            }
            // Locked until the other has its place; Windows replaces no open file.
            if (OperatingSystem.IsWindows()) file.Dispose();
            copy.Finish();
            file.Dispose();
        }
        file = ResultFile.Growing(path);

        void Copy(ResultFile copy, long begin, long end)
        {
            var bytes = new byte[end - begin];
            for (var done = 0; done < bytes.Length;)
            {
                var read = RandomAccess.Read(source.SafeFileHandle, bytes.AsSpan(done), begin + done);
                if (read == 0) throw new InvalidDataException("it has become shorter while it was read");
                done += read;
            }
            copy.Write(bytes);
        }
    }
}
