using System.IO.Hashing;
using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Writes a ZIP archive of stored entries, each at a multiple of 64 bytes as PyTorch puts them, with ZIP64 where it is needed.
/// </summary>
internal sealed class ZipWriter(Stream stream)
{
    private const uint EndSignature = 0x06054B50, LocatorSignature = 0x07064B50, End64Signature = 0x06064B50;
    private const uint EntrySignature = 0x02014B50, HeaderSignature = 0x04034B50;
    private const ushort Version = 20, Version64 = 45, Zip64Field = 1, PaddingField = 0x4246, FirstOfJanuary1980 = 0x21;
    private const int Alignment = 64, HeaderBytes = 30, ChecksumOffset = 14, FieldHeaderBytes = 4;

    private readonly List<(byte[] Name, long Header, long Size, uint Checksum)> entries = [];

    /// <summary>Adds a small entry.</summary>
    public void Add(string name, ReadOnlySpan<byte> content)
    {
        var checksum = Crc32.HashToUInt32(content);
        WriteHeader(name, content.Length, checksum);
        stream.Write(content);
    }

    /// <summary>Adds an entry.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="size">Its size.</param>
    /// <param name="write">Writes so many bytes to the stream and sums them up.</param>
    public void Add(string name, long size, Action<Crc32> write)
    {
        WriteHeader(name, size, 0);
        var checksum = new Crc32();
        write(checksum);

        // Only now it is known: back to the header with it.
        var entry = entries[^1] with { Checksum = checksum.GetCurrentHashAsUInt32() };
        entries[^1] = entry;
        var end = stream.Position;
        stream.Position = entry.Header + ChecksumOffset;
        using (var writer = Writer()) writer.Write(entry.Checksum);
        stream.Position = end;
    }

    /// <summary>Writes the directory.</summary>
    public void Finish()
    {
        var directory = stream.Position;
        using var writer = Writer();
        foreach (var (name, header, size, checksum) in entries)
        {
            var (wideSize, wideHeader) = (IsWide(size), IsWide(header));
            writer.Write(EntrySignature);
            writer.Write(Version64);
            WriteCommon(writer, size, checksum);
            writer.Write((ushort)name.Length);
            writer.Write((ushort)(wideSize || wideHeader ? FieldHeaderBytes + (wideSize ? 16 : 0) + (wideHeader ? 8 : 0) : 0));
            writer.Write((ushort)0);
            writer.Write((ushort)0);
            writer.Write((ushort)0);
            writer.Write(0);
            writer.Write(Narrow(header));
            writer.Write(name);
            if (wideSize || wideHeader) WriteField64(writer, wideSize ? size : null, wideHeader ? header : null);
        }
        writer.Flush();
        WriteEnd(writer, directory, stream.Position - directory);
    }

    private void WriteEnd(BinaryWriter writer, long directory, long length)
    {
        if (IsWide(directory) || IsWide(length) || entries.Count >= ushort.MaxValue)
        {
            var record = stream.Position;
            writer.Write(End64Signature);
            writer.Write(44L);
            writer.Write(Version64);
            writer.Write(Version64);
            writer.Write(0);
            writer.Write(0);
            writer.Write((long)entries.Count);
            writer.Write((long)entries.Count);
            writer.Write(length);
            writer.Write(directory);
            writer.Write(LocatorSignature);
            writer.Write(0);
            writer.Write(record);
            writer.Write(1);
        }
        var count = (ushort)Math.Min(entries.Count, ushort.MaxValue);
        writer.Write(EndSignature);
        writer.Write(0);
        writer.Write(count);
        writer.Write(count);
        writer.Write(Narrow(length));
        writer.Write(Narrow(directory));
        writer.Write((ushort)0);
    }

    private void WriteHeader(string name, long size, uint checksum)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        var header = stream.Position;
        var wide = IsWide(size);
        var fixedBytes = HeaderBytes + utf8.Length + (wide ? FieldHeaderBytes + 16 : 0) + FieldHeaderBytes;
        var padding = (int)((Alignment - ((header + fixedBytes) % Alignment)) % Alignment);

        using var writer = Writer();
        writer.Write(HeaderSignature);
        WriteCommon(writer, size, checksum);
        writer.Write((ushort)utf8.Length);
        writer.Write((ushort)(fixedBytes - HeaderBytes - utf8.Length + padding));
        writer.Write(utf8);
        if (wide) WriteField64(writer, size, null);
        writer.Write(PaddingField);
        writer.Write((ushort)padding);
        writer.Write(new byte[padding]);
        entries.Add((utf8, header, size, checksum));
    }

    // What the two headers of an entry have in common.
    private static void WriteCommon(BinaryWriter writer, long size, uint checksum)
    {
        writer.Write(IsWide(size) ? Version64 : Version);
        writer.Write((ushort)0);
        writer.Write((ushort)0);
        writer.Write((ushort)0);
        writer.Write(FirstOfJanuary1980);
        writer.Write(checksum);
        writer.Write(Narrow(size));
        writer.Write(Narrow(size));
    }

    private static void WriteField64(BinaryWriter writer, long? size, long? header)
    {
        writer.Write(Zip64Field);
        writer.Write((ushort)((size is null ? 0 : 16) + (header is null ? 0 : 8)));
        if (size is { } bytes)
        {
            writer.Write(bytes);
            writer.Write(bytes);
        }
        if (header is { } place) writer.Write(place);
    }

    private static bool IsWide(long number) => number >= uint.MaxValue;

    private static uint Narrow(long number) => IsWide(number) ? uint.MaxValue : (uint)number;

    private BinaryWriter Writer() => new(stream, Encoding.UTF8, leaveOpen: true);
}
