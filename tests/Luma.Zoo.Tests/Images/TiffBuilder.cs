using System.Buffers.Binary;

namespace Luma.Zoo.Tests.Images;

/// <summary>Writes little-endian TIFF files of any content, also impossible ones.</summary>
internal sealed class TiffBuilder
{
    private readonly SortedDictionary<int, (int Type, uint[] Values)> tags = [];
    private byte[] data = [];

    /// <summary>RGB, 8 bits, in one strip.</summary>
    public static TiffBuilder Rgb(uint width, uint height, int compression = 1) => new TiffBuilder()
        .With(256, width).With(257, height).With(258, [8, 8, 8]).With(259, (uint)compression).With(262, 2).With(277, 3).With(278, height);

    /// <summary>Adds or changes a tag of 32-bit numbers.</summary>
    public TiffBuilder With(int tag, params uint[] values)
    {
        tags[tag] = (4, values);
        return this;
    }

    /// <summary>Makes all of the strips lie in the same bytes.</summary>
    public TiffBuilder WithStrips(int count, byte[] bytes)
    {
        data = bytes;
        // The place is put in when it is known.
        tags[273] = (4, new uint[count]);
        tags[279] = (4, [.. Enumerable.Repeat((uint)bytes.Length, count)]);
        return this;
    }

    /// <summary>Writes the file.</summary>
    /// <param name="next">The place of the next directory; null for none.</param>
    public byte[] Build(uint? next = null)
    {
        var behind = 8 + 2 + (12 * tags.Count) + 4;
        var size = behind + tags.Values.Sum(tag => tag.Values.Length > 1 ? 4 * tag.Values.Length : 0);
        if (tags.TryGetValue(273, out var strips)) strips.Values.AsSpan().Fill((uint)size);

        using var stream = new MemoryStream();
        stream.Write("II*\0"u8);
        Number(8, 4);
        Number((uint)tags.Count, 2);
        foreach (var (tag, (type, values)) in tags)
        {
            Number((uint)tag, 2);
            Number((uint)type, 2);
            Number((uint)values.Length, 4);
            Number(values.Length == 1 ? values[0] : (uint)behind, 4);
            if (values.Length > 1) behind += 4 * values.Length;
        }
        Number(next ?? 0, 4);
        foreach (var (_, values) in tags.Values.Where(tag => tag.Values.Length > 1))
            foreach (var value in values) Number(value, 4);
        stream.Write(data);
        return stream.ToArray();

        void Number(uint value, int bytes)
        {
            Span<byte> number = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(number, value);
            stream.Write(number[..bytes]);
        }
    }
}
