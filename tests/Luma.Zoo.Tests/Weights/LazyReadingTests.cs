using System.Globalization;
using Luma.Zoo.Weights;
using static Luma.Zoo.Tests.Weights.Assembly;

namespace Luma.Zoo.Tests.Weights;

public class LazyReadingTests
{
    private const int Tensors = 100;
    private const long Elements = 1_250_000;

    // 500 MB of zeros, which take no room on the disk.
    private static void WriteLarge(string path, string format)
    {
        using var file = File.Create(path);
        if (format == "safetensors")
        {
            var entries = Enumerable.Range(0, Tensors).Select(i =>
                $"\"t{i}\":{{\"dtype\":\"F32\",\"shape\":[{Elements}],\"data_offsets\":[{i * Elements * 4},{(i + 1) * Elements * 4}]}}");
            file.Write(Safetensors("{" + string.Join(',', entries) + "}", 0));
            file.SetLength(file.Length + (Tensors * Elements * 4));
            return;
        }

        var keys = Enumerable.Range(0, Tensors).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        var pickle = Pickle('}', '(', Join([.. keys.Select(key => Join(Text("t" + key), Tensor(Storage(key, Elements), 0, [Elements], [1])))]), 'u');
        file.Write(Legacy(pickle, Keys(keys)));
        foreach (var _ in keys)
        {
            file.Write(Int64(Elements));
            file.Seek(Elements * 4, SeekOrigin.Current);
        }
        file.SetLength(file.Position);
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData("safetensors")]
    [InlineData("legacy")]
    [InlineData("zip")]
    public void Listing_a_mapped_file_of_500_MB_reads_kilobytes(string format)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("large");
        if (format == "zip")
        {
            WriteLarge(path, "safetensors");
            using var source = StateDict.Open(path, new WeightFileOptions { Map = true });
            source.Save(folder.File("large.pth"));
            path = folder.File("large.pth");
        }
        else
        {
            WriteLarge(path, format);
        }

        var (before, readBefore) = (GC.GetAllocatedBytesForCurrentThread(), BytesRead());
        using var weights = StateDict.Open(path, new WeightFileOptions { Map = true });
        var (allocated, read) = (GC.GetAllocatedBytesForCurrentThread() - before, BytesRead() - readBefore);

        Assert.Equal(Enumerable.Range(0, Tensors).Select(i => $"t{i}"), weights.Names);
        Assert.Equal(Tensors * Elements * 4, weights.ByteCount);
        Assert.InRange(allocated, 1, 1 << 20);
        // The legacy format's pickles are read in windows of a megabyte, whose ends nobody knows before.
        Assert.InRange(read, 0, 6 << 20);
        using var last = weights[$"t{Tensors - 1}"].ToTensor();
        Assert.Equal(0f, last.sum().item<float>());
    }

    // Linux alone says what a thread has read; 0 elsewhere.
    private static long BytesRead()
    {
        const string Facts = "/proc/thread-self/io";
        return File.Exists(Facts)
            ? long.Parse(File.ReadLines(Facts).First(line => line.StartsWith("rchar:", StringComparison.Ordinal))["rchar:".Length..], CultureInfo.InvariantCulture)
            : 0;
    }
}
