using System.Globalization;
using System.IO.Hashing;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Luma.Zoo.Files;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;
using Onnx;

namespace Luma.Zoo.Export.Onnx;

/// <summary>Writes a model, and beside it the file of its weights where they are apart. At no time is there half a model.</summary>
internal sealed partial class OnnxWriter(string path, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
{
    // A message of protobuf ends at two gigabytes; the rest is for what the model says beside its weights.
    private const long MostBytes = 2_000_000_000;

    // Where runtimes map the file, tensors lie as those of libtorch.
    private const int Alignment = 64;

    private const int PieceBytes = 4 << 20;

    private long done;

    /// <summary>Whether weights do not fit into the model's own file.</summary>
    public static bool NeedsExternalData(IEnumerable<OnnxTensor> tensors) => tensors.Sum(tensor => tensor.ByteCount) > MostBytes;

    /// <summary>Writes it.</summary>
    /// <param name="model">The model, whose initialisers have no values yet.</param>
    /// <param name="tensors">The initialisers with their values.</param>
    /// <param name="external">Whether the weights go into a file of their own.</param>
    /// <returns>That file, or null, and how many bytes were written.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public (string? DataPath, long Bytes) Write(ModelProto model, IReadOnlyList<OnnxTensor> tensors, bool external)
    {
        // Who writes the same model at the same time would sweep the weights that this one is about to name.
        using var alone = FileLock.Take(path, cancellationToken);
        var total = tensors.Sum(tensor => tensor.ByteCount);
        var isNew = false;
        var data = external ? WriteData(tensors, total, out isNew) : null;
        foreach (var (proto, values) in external ? [] : tensors)
            proto.RawData = UnsafeByteOperations.UnsafeWrap(new TensorMemory(values).Memory);

        var size = model.CalculateSize();
        try
        {
            AtomicFile.Write(path, stream =>
            {
                using var watched = new WatchedStream(stream, written => Advance(external ? 0 : written, total), cancellationToken);
                using var output = new CodedOutputStream(watched, leaveOpen: true);
                model.WriteTo(output);
                output.Flush();
            });
        }
        catch
        {
            // Weights that no model names. The same ones may be those of the model that stays.
            if (isNew) TryDelete(data!);
            throw;
        }
        Sweep(data);
        GC.KeepAlive(tensors);
        return (data, size + (external ? total : 0));
    }

    // The name tells the content, so that the weights of the model that is replaced stay beside it until the new one is there.
    private string WriteData(IReadOnlyList<OnnxTensor> tensors, long total, out bool isNew)
    {
        var hash = new XxHash3();
        foreach (var tensor in tensors) Pieces(tensor.Values, hash.Append);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}.{hash.GetCurrentHashAsUInt64():x16}.data");
        var data = Path.Combine(Path.GetDirectoryName(path) ?? "", name);
        isNew = !File.Exists(data);
        try
        {
            AtomicFile.Write(data, stream =>
            {
                var at = 0L;
                foreach (var (proto, values) in tensors)
                {
                    var start = (at + Alignment - 1) / Alignment * Alignment;
                    stream.Write(new byte[start - at]);
                    Pieces(values, piece =>
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        stream.Write(piece);
                        Advance(piece.Length, total);
                    });
                    at = start + (values.NumberOfElements * values.ElementSize);
                    proto.DataLocation = TensorProto.Types.DataLocation.External;
                    proto.ExternalData.Add(Entry("location", name));
                    proto.ExternalData.Add(Entry("offset", start.ToString(CultureInfo.InvariantCulture)));
                    proto.ExternalData.Add(Entry("length", (at - start).ToString(CultureInfo.InvariantCulture)));
                }
            });
        }
        catch (IOException error) when (error.InnerException is { } cause)
        {
            throw new IOException($"{path}: cannot be written: {FileTrouble.WhileWriting(cause, Path.GetDirectoryName(path))}.", cause);
        }
        return data;
    }

    // The weights of the models that were written here before.
    private void Sweep(string? data)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var name = Path.GetFileName(path);
        foreach (var left in Directory.EnumerateFiles(folder, "*", AtomicFile.Listing))
        {
            var other = Path.GetFileName(left);
            if (!other.StartsWith(name, StringComparison.Ordinal) || !DataEnd().IsMatch(other[name.Length..]) || other == Path.GetFileName(data)) continue;
            TryDelete(left);
        }
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Somebody is using it, or it is another user's: it does no harm.
        }
    }

    private void Advance(long bytes, long total)
    {
        done = Math.Min(done + bytes, total);
        progress?.Report(new(done, total));
    }

    private static unsafe void Pieces(Tensor values, ReadOnlySpanAction write)
    {
        var (start, length) = ((nint)TensorBytes.Address(values), values.NumberOfElements * values.ElementSize);
        for (var at = 0L; at < length; at += PieceBytes) write(new ReadOnlySpan<byte>((byte*)start + at, (int)Math.Min(PieceBytes, length - at)));
    }

    private static StringStringEntryProto Entry(string key, string value) => new() { Key = key, Value = value };

    [GeneratedRegex(@"^\.[0-9a-f]{16}\.data$")]
    private static partial Regex DataEnd();

    private delegate void ReadOnlySpanAction(ReadOnlySpan<byte> bytes);

    // Stops between two pieces, and says how far it has come.
    private sealed class WatchedStream(Stream stream, Action<long> written, CancellationToken cancellation) : WriteOnlyStream
    {
        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Write(buffer);
            written(buffer.Length);
        }
    }
}
