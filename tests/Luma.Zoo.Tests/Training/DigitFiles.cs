using System.Buffers.Binary;
using System.IO.Compression;

namespace Luma.Zoo.Tests.Training;

/// <summary>A folder with files in MNIST's format, gone at the end.</summary>
internal sealed class DigitFiles : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("luma-digits-").FullName;

    /// <summary>Images whose class can be seen: class c has its bright bar at its own place.</summary>
    public static (byte[] Pixels, byte[] Labels) Draw(int count)
    {
        var random = new Random(7);
        var pixels = new byte[count * 28 * 28];
        var labels = new byte[count];
        random.NextBytes(pixels);
        for (var i = 0; i < count; i++)
        {
            labels[i] = (byte)(i % 10);
            var image = pixels.AsSpan(i * 28 * 28, 28 * 28);
            for (var p = 0; p < image.Length; p++) image[p] = (byte)(p % 28 / 2 == labels[i] + 2 ? 255 : image[p] / 8);
        }
        return (pixels, labels);
    }

    public static byte[] Idx(byte[] data, params int[] shape)
    {
        var file = new byte[4 + (4 * shape.Length) + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(file, 0x0800 | shape.Length);
        for (var i = 0; i < shape.Length; i++) BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 * (i + 1)), shape[i]);
        data.CopyTo(file, file.Length - data.Length);
        return file;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest)) gzip.Write(content);
        return zipped.ToArray();
    }

    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public DigitFiles WithPart(string stem, int count, bool gzip = false, char separator = '-')
    {
        var (pixels, labels) = Draw(count);
        var (images, marks) = (Idx(pixels, count, 28, 28), Idx(labels, count));
        Write($"{stem}-images{separator}idx3-ubyte{(gzip ? ".gz" : "")}", gzip ? Gzip(images) : images);
        Write($"{stem}-labels{separator}idx1-ubyte{(gzip ? ".gz" : "")}", gzip ? Gzip(marks) : marks);
        return this;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
