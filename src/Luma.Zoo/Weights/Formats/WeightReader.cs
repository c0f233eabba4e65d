using System.Buffers.Binary;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Recognises the format of a file by its content and reads what it says of its tensors.</summary>
internal static class WeightReader
{
    private const string ParallelPrefix = "module.";

    // What people have in place of weights, and what to tell them. Safetensors has no signature: it is tried before these.
    private static readonly (int Offset, byte[] Signature, string Problem)[] OtherKinds =
    [
        (0, "version https://git-lfs"u8.ToArray(), "this is a Git LFS pointer, not the file it points to: fetch it with 'git lfs pull'"),
        (0, "<!DOCTYPE"u8.ToArray(), "this is a web page, not a weight file: the download went wrong"),
        (0, "<html"u8.ToArray(), "this is a web page, not a weight file: the download went wrong"),
        (0, [0x1F, 0x8B], "this is compressed with gzip: unpack it first"),
        (0, "PK\x05\x06"u8.ToArray(), "this is a ZIP archive without entries"),
        (0, [0x89, (byte)'H', (byte)'D', (byte)'F'], "this is an HDF5 file, which is not read"),
        (257, "ustar"u8.ToArray(), "this is a tar archive, which PyTorch wrote before 0.1.11: load it there and save it again"),
    ];

    /// <summary>Reads a source.</summary>
    /// <param name="source">The source.</param>
    /// <returns>Its format and what it holds.</returns>
    /// <exception cref="WeightFileException">The file is damaged, hostile, or of a kind that is not read.</exception>
    public static (WeightFormat Format, WeightContent Content) Read(ByteSource source)
    {
        if (source.Length == 0) throw new WeightFileException(source.Name, "the file is empty");

        var head = new byte[Math.Min(source.Length, 512)];
        using (var pinned = source.Pin(0, head.Length)) pinned.Span.CopyTo(head);

        var format = Recognize(source, head);
        var content = format switch
        {
            WeightFormat.TorchZip => TorchZipReader.Read(source),
            WeightFormat.TorchLegacy => TorchLegacyReader.Read(source),
            _ => SafetensorsReader.Read(source),
        };

        var entries = content.Entries;
        var parallel = entries.Count > 0 && entries.All(entry => entry.Name.StartsWith(ParallelPrefix, StringComparison.Ordinal));
        return (format, parallel ? TakeOut(content) : content);
    }

    // The module that DataParallel has wrapped: its own versions stand under the name without a dot.
    private static WeightContent TakeOut(WeightContent content) => new(
        [.. content.Entries.Select(entry => new TensorEntry(entry.Name[ParallelPrefix.Length..], entry.View))],
        content.Versions.Where(pair => $"{pair.Key}.".StartsWith(ParallelPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => $"{pair.Key}."[ParallelPrefix.Length..].TrimEnd('.'), pair => pair.Value));

    private static WeightFormat Recognize(ByteSource source, ReadOnlySpan<byte> head)
    {
        if (head.Length > 8 && head[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(head) <= (ulong)source.Length)
            return WeightFormat.Safetensors;
        if (head.StartsWith("PK\x03\x04"u8)) return WeightFormat.TorchZip;

        foreach (var (offset, signature, problem) in OtherKinds)
        {
            if (head.Length >= offset && head[offset..].StartsWith(signature)) throw new WeightFileException(source.Name, problem);
        }
        if (head[0] == (byte)Opcode.Proto) return WeightFormat.TorchLegacy;

        throw new WeightFileException(
            source.Name,
            $"this is neither a PyTorch file nor safetensors: it begins with {Convert.ToHexString(head[..Math.Min(head.Length, 8)])}");
    }
}
