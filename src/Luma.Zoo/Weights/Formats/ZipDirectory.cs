using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// The directory of a ZIP archive whose entries are stored as they are or deflated, ZIP64 included. Entries are checked against each
/// other and the file from the directory alone; an entry's own header is checked when its data are located.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054B50, LocatorSignature = 0x07064B50, End64Signature = 0x06064B50;
    private const uint EntrySignature = 0x02014B50, HeaderSignature = 0x04034B50;
    private const int EndBytes = 22, LocatorBytes = 20, End64Bytes = 56, EntryBytes = 46, HeaderBytes = 30;
    private const int Zip64Field = 1, EncryptedFlag = 1, Stored = 0, Deflated = 8, EntryCost = 128;

    private readonly ByteSource source;
    private readonly ReadBudget budget;
    private readonly Dictionary<string, Entry> entries = [];

    public ZipDirectory(ByteSource source, ReadBudget budget)
    {
        (this.source, this.budget) = (source, budget);
        var (offset, length, count) = FindDirectory();
        ReadEntries(offset, length, count);
        CheckPlaces(offset);
    }

    /// <summary>The names of the entries.</summary>
    public IReadOnlyCollection<string> Names => entries.Keys;

    /// <summary>The size of an entry's data, unpacked, or null where there is no such entry.</summary>
    /// <exception cref="WeightFileException">The data cannot be read.</exception>
    public long? SizeOf(string name)
    {
        if (!entries.TryGetValue(name, out var entry)) return null;
        return entry.Obstacle is null ? entry.Size : throw Wrong(entry.Obstacle, $"entry '{Printable.Of(name)}'");
    }

    /// <summary>Whether an entry's data are deflated.</summary>
    public bool IsPacked(string name) => entries[name].IsPacked;

    /// <summary>An entry's data, unpacked where they are packed.</summary>
    /// <exception cref="WeightFileException">The data cannot be read.</exception>
    public unsafe Record Open(string name)
    {
        var size = SizeOf(name) ?? throw new KeyNotFoundException(name);
        if (!IsPacked(name)) return new Record(source, Locate(name), size, null);

        Expand(name);
        var memory = new byte[size];
        fixed (byte* start = memory) Unpack(name, start);
        var unpacked = ByteSource.Of(memory, source.Name);
        return new Record(unpacked, 0, size, unpacked);
    }

    /// <summary>Counts what an entry's data are unpacked to.</summary>
    /// <exception cref="WeightFileException">It is more than the file's size allows.</exception>
    public void Expand(string name)
    {
        try
        {
            budget.Expand(entries[name].Size, "a compressed entry");
        }
        catch (MalformedDataException error)
        {
            throw Wrong($"{error.Message}; unpack the archive and zip it again without compression", $"entry '{Printable.Of(name)}'");
        }
    }

    /// <summary>Unpacks an entry's data.</summary>
    /// <param name="name">The entry.</param>
    /// <param name="destination">Room for its size.</param>
    /// <exception cref="WeightFileException">They are damaged, or of another size than is said.</exception>
    public unsafe void Unpack(string name, byte* destination)
    {
        var entry = entries[name];
        using var packed = source.Pin(Locate(name), entry.Packed);
        using var bytes = new UnmanagedMemoryStream(packed.Start, entry.Packed);
        using var inflater = new DeflateStream(bytes, CompressionMode.Decompress);
        try
        {
            var done = 0L;
            while (done < entry.Size)
            {
                var read = inflater.Read(new Span<byte>(destination + done, (int)Math.Min(entry.Size - done, 1 << 30)));
                if (read == 0) break;
                done += read;
            }
            if (done == entry.Size && inflater.ReadByte() < 0) return;
        }
        catch (InvalidDataException)
        {
        }
        throw Wrong($"the entry cannot be unpacked to the {entry.Size} bytes that it is said to have", $"entry '{Printable.Of(name)}'");
    }

    /// <summary>Where an entry's data begin.</summary>
    /// <exception cref="WeightFileException">The entry's header contradicts the directory.</exception>
    public long Locate(string name)
    {
        var entry = entries[name];
        using var header = source.Pin(entry.Header, HeaderBytes);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header.Span[26..]);
        var start = entry.Header + HeaderBytes + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(header.Span[28..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.Span) != HeaderSignature || nameLength != entry.NameBytes
            || start > entry.Limit - entry.Packed)
            throw Wrong("the entry's header contradicts the directory", $"entry '{Printable.Of(name)}' at byte {entry.Header}");
        return start;
    }

    private (long Offset, long Length, long Count) FindDirectory()
    {
        var tail = Math.Min(source.Length, EndBytes + ushort.MaxValue);
        using var bytes = source.Pin(source.Length - tail, tail);
        // A comment goes to the end of the file; something may have been put behind it, and PyTorch passes over that too.
        if ((FindEnd(bytes.Span, rest => rest == 0) ?? FindEnd(bytes.Span, rest => rest > 0)) is { } at)
        {
            var end = bytes.Span[at..];
            var position = source.Length - tail + at;
            var count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            var offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            var found = FindDirectory64(position) ?? (offset, length, count);
            if (found.Offset < 0 || found.Length < 0 || found.Offset > position || found.Length > position - found.Offset)
                throw Wrong(
                    $"the directory is said to be at byte {found.Offset} with {found.Length} bytes of {source.Length}",
                    "the end of the archive");
            return found;
        }
        throw Wrong("the archive has no directory: the file is cut off or damaged", null);
    }

    private static int? FindEnd(ReadOnlySpan<byte> tail, Predicate<int> mayFollow)
    {
        for (var at = tail.Length - EndBytes; at >= 0; at--)
        {
            var end = tail[at..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) == EndSignature
                && mayFollow(end.Length - EndBytes - BinaryPrimitives.ReadUInt16LittleEndian(end[20..]))) return at;
        }
        return null;
    }

    private (long Offset, long Length, long Count)? FindDirectory64(long end)
    {
        if (end < LocatorBytes) return null;
        using var locator = source.Pin(end - LocatorBytes, LocatorBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator.Span) != LocatorSignature) return null;

        var position = BinaryPrimitives.ReadUInt64LittleEndian(locator.Span[8..]);
        if (end - LocatorBytes < End64Bytes || position > (ulong)(end - LocatorBytes - End64Bytes))
            throw Wrong($"the ZIP64 record is said to be at byte {position}", "the end of the archive");
        using var record = source.Pin((long)position, End64Bytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record.Span) != End64Signature)
            throw Wrong("the ZIP64 record is not where it is said to be", $"byte {position}");
        return (
            BinaryPrimitives.ReadInt64LittleEndian(record.Span[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(record.Span[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(record.Span[32..]));
    }

    private void ReadEntries(long offset, long length, long count)
    {
        if (length > int.MaxValue || count < 0 || count > length / EntryBytes)
            throw Wrong($"{count} entries are said to be in a directory of {length} bytes", "the end of the archive");
        using var pinned = source.Pin(offset, length);
        Pay(count);
        var rest = pinned.Span[..(int)length];
        for (var i = 0L; i < count; i++)
        {
            var where = $"the directory at byte {offset + length - rest.Length}";
            if (rest.Length < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(rest) != EntrySignature)
                throw Wrong("the directory is damaged", where);
            int nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
            int extraBytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
            int size = EntryBytes + nameBytes + extraBytes + BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
            if (size > rest.Length) throw Wrong("the directory is cut off", where);

            var name = Encoding.UTF8.GetString(rest.Slice(EntryBytes, nameBytes));
            var entry = ReadEntry(rest[..size], nameBytes, extraBytes, name, where);
            if (!entries.TryAdd(name, entry)) throw Wrong($"the entry '{Printable.Of(name)}' comes twice", where);
            rest = rest[size..];
        }
    }

    private Entry ReadEntry(ReadOnlySpan<byte> record, int nameBytes, int extraBytes, string name, string where)
    {
        var method = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]);
        var obstacle = (BinaryPrimitives.ReadUInt16LittleEndian(record[8..]) & EncryptedFlag) != 0 ? "the entry is encrypted"
            : method is not (Stored or Deflated) ? $"the entry is compressed by method {method}: zip the archive again without compression"
            : null;
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(record[20..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(record[24..]);
        long header = BinaryPrimitives.ReadUInt32LittleEndian(record[42..]);
        var extra = record.Slice(EntryBytes + nameBytes, extraBytes);
        while (extra.Length >= 4)
        {
            var fieldBytes = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (fieldBytes > extra.Length - 4) throw Wrong($"the entry '{Printable.Of(name)}' has an extra field that is cut off", where);
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == Zip64Field)
            {
                // The field has those of the three numbers that did not fit, in this order.
                var field = extra.Slice(4, fieldBytes);
                size = Wide(size, ref field);
                packed = Wide(packed, ref field);
                header = Wide(header, ref field);
            }
            extra = extra[(4 + fieldBytes)..];
        }

        if (packed < 0 || size < 0 || header < 0) throw Wrong($"the entry '{Printable.Of(name)}' has a negative size or place", where);
        if (packed != size && method == Stored) obstacle ??= $"the entry has {packed} bytes stored as they are, but {size} unpacked";
        if (method == Deflated && size > Array.MaxLength) obstacle ??= "the entry is compressed and too large: zip the archive again without compression";
        return new Entry(header, packed, size, method == Deflated, nameBytes, obstacle);

        static long Wide(long number, ref ReadOnlySpan<byte> field)
        {
            if (number != uint.MaxValue || field.Length < 8) return number;
            var wide = BinaryPrimitives.ReadInt64LittleEndian(field);
            field = field[8..];
            return wide;
        }
    }

    // Each entry ends where the next one begins at the latest, and the last before the directory.
    private void CheckPlaces(long directory)
    {
        var limit = directory;
        foreach (var (name, entry) in entries.OrderByDescending(entry => entry.Value.Header).ThenBy(entry => entry.Value.Packed))
        {
            // Negative where not even the header fits.
            var room = limit - entry.Header - HeaderBytes - entry.NameBytes;
            if (room < 0 || entry.Packed > room)
                throw Wrong(
                    $"the entry's {entry.Packed} bytes at byte {entry.Header} run into what follows at byte {limit}",
                    $"entry '{Printable.Of(name)}'");
            entry.Limit = limit;
            limit = entry.Header;
        }
    }

    private void Pay(long count)
    {
        try
        {
            budget.Take(EntryCost * count);
        }
        catch (MalformedDataException error)
        {
            throw Wrong(error.Message, "the archive's directory");
        }
    }

    private WeightFileException Wrong(string problem, string? where) => new(source.Name, problem, where);

    // An obstacle is why the data cannot be read; it matters only to those who ask for them (programs have compressed entries).
    private sealed class Entry(long header, long packed, long size, bool isPacked, int nameBytes, string? obstacle)
    {
        public string? Obstacle { get; } = obstacle;

        public bool IsPacked { get; } = isPacked;

        public long Header { get; } = header;

        public long Packed { get; } = packed;

        public long Size { get; } = size;

        public int NameBytes { get; } = nameBytes;

        public long Limit { get; set; }
    }

    /// <summary>An entry's data.</summary>
    /// <param name="Source">Where they are.</param>
    /// <param name="Offset">Where they begin.</param>
    /// <param name="Length">How many bytes they have.</param>
    /// <param name="Owned">What they were unpacked to, if they were.</param>
    public sealed record Record(ByteSource Source, long Offset, long Length, ByteSource? Owned) : IDisposable
    {
        public void Dispose() => Owned?.Dispose();
    }
}
