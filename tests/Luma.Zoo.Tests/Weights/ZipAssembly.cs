namespace Luma.Zoo.Tests.Weights;

/// <summary>A ZIP archive of stored entries, each number of which can be made wrong.</summary>
public sealed class ZipAssembly
{
    private readonly List<(string Name, byte[] Bytes)> entries = [];

    /// <summary>Whether sizes, places and counts stand in ZIP64 fields.</summary>
    public bool Zip64 { get; init; }

    /// <summary>Changes an entry's numbers in the directory: method, packed size, size, place.</summary>
    public Func<string, Numbers, Numbers> Change { get; init; } = (_, numbers) => numbers;

    public int? Count { get; init; }

    public long? DirectoryOffset { get; init; }

    public ZipAssembly Add(string name, byte[] bytes) => Add((name, bytes));

    public ZipAssembly Add(params (string Name, byte[] Bytes)[] added)
    {
        entries.AddRange(added);
        return this;
    }

    public byte[] ToArray()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        List<(string Name, Numbers Numbers)> places = [];
        foreach (var (name, bytes) in entries)
        {
            places.Add((name, Change(name, new Numbers(0, 0, bytes.Length, bytes.Length, stream.Position))));
            writer.Write(Assembly.Join(
                "PK\x03\x04", Assembly.Int16(20), Assembly.Int16(0), Assembly.Int16(0), Assembly.Int32(0), Assembly.Int32(0),
                Assembly.Int32(bytes.Length), Assembly.Int32(bytes.Length), Assembly.Int16(name.Length), Assembly.Int16(0), name, bytes));
        }

        var directory = DirectoryOffset ?? stream.Position;
        var start = stream.Position;
        foreach (var (name, (flags, method, packed, size, place)) in places)
        {
            var wide = Assembly.Join(Assembly.Int16(1), Assembly.Int16(24), Assembly.Int64(size), Assembly.Int64(packed), Assembly.Int64(place));
            writer.Write(Assembly.Join(
                "PK\x01\x02", Assembly.Int16(45), Assembly.Int16(45), Assembly.Int16(flags), Assembly.Int16(method), Assembly.Int32(0), Assembly.Int32(0),
                Assembly.Int32(Zip64 ? uint.MaxValue : packed), Assembly.Int32(Zip64 ? uint.MaxValue : size), Assembly.Int16(name.Length),
                Assembly.Int16(Zip64 ? wide.Length : 0), Assembly.Int16(0), Assembly.Int16(0), Assembly.Int16(0), Assembly.Int32(0),
                Assembly.Int32(Zip64 ? uint.MaxValue : place), name, Zip64 ? wide : []));
        }
        var length = stream.Position - start;
        var count = Count ?? places.Count;
        if (Zip64)
        {
            var record = stream.Position;
            writer.Write(Assembly.Join(
                "PK\x06\x06", Assembly.Int64(44), Assembly.Int16(45), Assembly.Int16(45), Assembly.Int64(0), Assembly.Int64(count), Assembly.Int64(count),
                Assembly.Int64(length), Assembly.Int64(directory), "PK\x06\x07", Assembly.Int32(0), Assembly.Int64(record), Assembly.Int32(1)));
        }
        writer.Write(Assembly.Join(
            "PK\x05\x06", Assembly.Int32(0), Assembly.Int16(Zip64 ? -1 : count), Assembly.Int16(Zip64 ? -1 : count),
            Assembly.Int32(Zip64 ? uint.MaxValue : length), Assembly.Int32(Zip64 ? uint.MaxValue : directory), Assembly.Int16(0)));
        return stream.ToArray();
    }

    public sealed record Numbers(int Flags, int Method, long Packed, long Size, long Place);
}
