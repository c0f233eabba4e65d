namespace Luma.Zoo.Weights.Formats;

/// <summary>Writes state dicts to files.</summary>
internal static class WeightWriter
{
    /// <summary>Writes to a temporary file beside the file, which it then replaces.</summary>
    public static void Write(
        StateDict weights, string path, WeightFormat format, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        Action<StateDict, WeightOutput> write = format switch
        {
            WeightFormat.TorchZip => TorchZipWriter.Write,
            WeightFormat.Safetensors => SafetensorsWriter.Write,
            _ => throw new ArgumentException($"{format} is read, but not written.", nameof(format)),
        };

        var full = Path.GetFullPath(path);
        var partial = $"{full}.{Path.GetRandomFileName()}.partial";
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(weights, new WeightOutput(stream, progress, cancellationToken));
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, full, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
