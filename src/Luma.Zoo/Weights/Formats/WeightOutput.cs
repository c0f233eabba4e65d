using System.IO.Hashing;

namespace Luma.Zoo.Weights.Formats;

/// <summary>A file that is being written, with what watches it.</summary>
internal sealed class WeightOutput(Stream stream, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
{
    private const int PieceBytes = 4 << 20;

    private byte[] buffer = [];
    private long done;

    /// <summary>The file.</summary>
    public Stream Stream { get; } = stream;

    /// <summary>The bytes of tensors that will be written.</summary>
    public long Total { get; set; }

    /// <summary>Writes a tensor's elements in the order of their indices.</summary>
    public unsafe void Write(TensorView view)
    {
        if (view.IsContiguous)
        {
            WriteReach(view);
            return;
        }

        if (buffer.Length == 0) buffer = new byte[PieceBytes];
        var length = PieceBytes / view.Type.Size;
        for (var first = 0L; first < view.Count; first += length)
        {
            var count = (int)Math.Min(length, view.Count - first);
            fixed (byte* start = buffer) view.CopyTo(first, count, start);
            Write(buffer.AsSpan(0, count * view.Type.Size), null);
        }
    }

    /// <summary>Writes what lies between a tensor's first element and its last.</summary>
    public void WriteReach(TensorView view) => WriteBytes(view, view.Locate(), view.Reach * view.Type.Size, null);

    /// <summary>Writes bytes from where a tensor's are.</summary>
    public unsafe void WriteBytes(TensorView view, long offset, long count, Crc32? checksum)
    {
        for (var at = 0L; at < count; at += PieceBytes)
        {
            using var bytes = view.Storage.Source.Pin(offset + at, Math.Min(PieceBytes, count - at));
            var piece = bytes.Span;
            if (view.Storage.IsBigEndian)
            {
                if (buffer.Length == 0) buffer = new byte[PieceBytes];
                piece.CopyTo(buffer);
                fixed (byte* start = buffer) ByteOrder.Reverse(start, piece.Length / view.Type.Size, view.Type);
                piece = buffer.AsSpan(0, piece.Length);
            }
            Write(piece, checksum);
        }
    }

    private void Write(ReadOnlySpan<byte> piece, Crc32? checksum)
    {
        cancellationToken.ThrowIfCancellationRequested();
        checksum?.Append(piece);
        Stream.Write(piece);
        done += piece.Length;
        progress?.Report(new ByteProgress(done, Total));
    }
}
