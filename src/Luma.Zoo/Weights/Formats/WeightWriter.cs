using Luma.Zoo.Files;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Writes state dicts to files.</summary>
internal static class WeightWriter
{
    /// <summary>Writes a state dict to a file, as <see cref="AtomicFile"/> writes.</summary>
    public static void Write(
        StateDict weights, string path, WeightFormat format, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        Action<StateDict, WeightOutput> write = format switch
        {
            WeightFormat.TorchZip => TorchZipWriter.Write,
            WeightFormat.Safetensors => SafetensorsWriter.Write,
            _ => throw new ArgumentException($"{format} is read, but not written.", nameof(format)),
        };

        AtomicFile.Write(path, stream => write(weights, new WeightOutput(stream, progress, cancellationToken)));
    }
}
