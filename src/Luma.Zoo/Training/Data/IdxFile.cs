using System.Buffers.Binary;
using System.IO.Compression;
using Luma.Zoo.Files;

namespace Luma.Zoo.Training.Data;

/// <summary>
/// A file of unsigned bytes in the IDX format of the MNIST database, plain or within gzip. The format is described at the end of
/// LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
/// </summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Shape">The size of each dimension.</param>
/// <param name="Data">The bytes in row-major order, as many as the shape says.</param>
internal sealed record IdxFile(string Path, IReadOnlyList<int> Shape, byte[] Data)
{
    private const int UnsignedByte = 0x08;
    private const int FirstChunk = 1 << 16;

    // Two magic bytes, ten of header and trailer around each member: no whole gzip file is shorter.
    private const int LeastGzip = 18;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dimensions">How many dimensions it must have.</param>
    /// <returns>Its shape and bytes.</returns>
    /// <exception cref="InvalidDatasetException">It cannot be opened, or is not an IDX file of bytes with that many dimensions.</exception>
    public static IdxFile Read(string path, int dimensions)
    {
        try
        {
            using var file = RegularFile.OpenStream(path);
            return Read(path, file, dimensions);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or (IOException and not InvalidDatasetException))
        {
            throw new InvalidDatasetException(path, $"cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a file that is open.</summary>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="file">A stream that can seek, at its start.</param>
    /// <param name="dimensions">How many dimensions it must have.</param>
    /// <returns>Its shape and bytes.</returns>
    /// <exception cref="InvalidDatasetException">It is not an IDX file of bytes with that many dimensions.</exception>
    public static IdxFile Read(string path, Stream file, int dimensions)
    {
        if (!IsGzip(file)) return Parse(path, file, dimensions, file.Length);

        try
        {
            using var unzipped = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
            var content = Parse(path, unzipped, dimensions, length: null);
            CheckNothingFollows(path, file, (4 * (dimensions + 1L)) + content.Data.Length);
            return content;
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDatasetException(path, $"its gzip data are damaged: {error.Message}", error);
        }
    }

    private static bool IsGzip(Stream file)
    {
        Span<byte> magic = stackalloc byte[2];
        var read = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return read == magic.Length && magic is [0x1f, 0x8b];
    }

    private static IdxFile Parse(string path, Stream content, int dimensions, long? length)
    {
        Span<byte> header = stackalloc byte[4 * (dimensions + 1)];
        var read = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read < header.Length)
            throw new InvalidDatasetException(path, $"it ends after {read} bytes, within the header of {header.Length}.");

        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        var expected = (uint)((UnsignedByte << 8) | dimensions);
        if (magic != expected)
            throw new InvalidDatasetException(path, $"it begins with 0x{magic:X8}; bytes in {dimensions} dimensions begin with 0x{expected:X8}.");

        var shape = new int[dimensions];
        var promised = 1L;
        for (var i = 0; i < dimensions; i++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 * (i + 1))..]);
            if (size == 0) throw new InvalidDatasetException(path, $"dimension {i} of {dimensions} has size 0.");
            if (size > Array.MaxLength || promised * size > Array.MaxLength)
                throw new InvalidDatasetException(path, $"dimension {i} of {dimensions} has size {size}, which makes it larger than can be held.");
            shape[i] = (int)size;
            promised *= size;
        }

        if (length is { } actual && actual - header.Length != promised)
            throw new InvalidDatasetException(path, $"it holds {actual - header.Length} bytes after its header, which promises {promised}.");

        return new IdxFile(path, shape, ReadExactly(path, content, (int)promised));
    }

    // What a header promises is only believed as far as the bytes come: the buffer grows with them.
    private static byte[] ReadExactly(string path, Stream content, int promised)
    {
        var data = new byte[Math.Min(promised, FirstChunk)];
        var read = 0;
        while (true)
        {
            read += content.ReadAtLeast(data.AsSpan(read), data.Length - read, throwOnEndOfStream: false);
            if (read < data.Length)
                throw new InvalidDatasetException(path, $"it ends {read} bytes after its header, which promises {promised}.");
            if (read == promised) break;
            Array.Resize(ref data, (int)Math.Min(promised, 2L * data.Length));
        }

        if (content.ReadByte() != -1)
            throw new InvalidDatasetException(path, $"bytes follow the {promised} that its header promises.");
        return data;
    }

    // GZipStream stops in silence before what is not gzip; the last four bytes are then not the length that gzip puts there.
    private static void CheckNothingFollows(string path, Stream file, long length)
    {
        Span<byte> trailer = stackalloc byte[4];
        if (file.Length < LeastGzip) throw new InvalidDatasetException(path, "it is too short for gzip.");
        file.Position = file.Length - trailer.Length;
        file.ReadExactly(trailer);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != (uint)length)
            throw new InvalidDatasetException(path, $"its gzip data do not end with the length of their content, {length}: bytes are missing or follow.");
    }
}
