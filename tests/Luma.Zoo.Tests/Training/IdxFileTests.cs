using System.IO.Compression;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Tests.Training;

public class IdxFileTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 24).Select(i => (byte)i)];
    private static readonly byte[] Whole = DigitFiles.Idx(Bytes, 2, 3, 4);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plain_and_gzip_are_told_apart_by_content(bool gzip)
    {
        var file = Read(gzip ? DigitFiles.Gzip(Whole) : Whole);

        Assert.Equal([2, 3, 4], file.Shape);
        Assert.Equal(Bytes, file.Data);
    }

    [Theory]
    [InlineData("", "it ends after 0 bytes, within the header of 16.")]
    [InlineData("00000803 00000002 0000", "it ends after 10 bytes, within the header of 16.")]
    [InlineData("00000801 00000002 00000001 00000001 0102", "it begins with 0x00000801; bytes in 3 dimensions begin with 0x00000803.")]
    [InlineData("00000D03 00000002 00000001 00000001 0102", "it begins with 0x00000D03; bytes in 3 dimensions begin with 0x00000803.")]
    [InlineData("03080000 00000002 00000001 00000001 0102", "it begins with 0x03080000; bytes in 3 dimensions begin with 0x00000803.")]
    [InlineData("00000803 00000002 00000000 00000001 0102", "dimension 1 of 3 has size 0.")]
    [InlineData("00000803 00000002 00000001 00000001 01", "it holds 1 bytes after its header, which promises 2.")]
    [InlineData("00000803 00000002 00000001 00000001 010203", "it holds 3 bytes after its header, which promises 2.")]
    [InlineData("00000803 7FFFFFFF 00000001 00000001 01", "dimension 0 of 3 has size 2147483647, which makes it larger than can be held.")]
    [InlineData("00000803 00010000 00010000 00000001 01", "dimension 1 of 3 has size 65536, which makes it larger than can be held.")]
    public void What_is_wrong_is_said_with_the_file(string hex, string reason)
    {
        var error = Assert.Throws<InvalidDatasetException>(() => Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

        Assert.Equal("some-file", error.Path);
        Assert.Equal(reason, error.Reason);
        Assert.Equal($"some-file: {reason}", error.Message);
    }

    [Fact]
    public void Gzip_that_holds_too_little_or_too_much_is_refused()
    {
        var little = Assert.Throws<InvalidDatasetException>(() => Read(DigitFiles.Gzip(Whole[..^1])));
        Assert.Equal("it ends 23 bytes after its header, which promises 24.", little.Reason);

        var much = Assert.Throws<InvalidDatasetException>(() => Read(DigitFiles.Gzip([.. Whole, 0])));
        Assert.Equal("bytes follow the 24 that its header promises.", much.Reason);
    }

    [Fact]
    public void Gzip_that_was_cut_off_damaged_or_added_to_is_refused()
    {
        var zipped = DigitFiles.Gzip(Whole);

        Assert.Throws<InvalidDatasetException>(() => Read(zipped[..^6]));
        Assert.Throws<InvalidDatasetException>(() => Read([.. zipped[..^8], 1, 2, 3, 4, .. zipped[^4..]]));
        Assert.Throws<InvalidDatasetException>(() => Read([.. zipped, .. "more"u8]));
    }

    [Fact]
    public void A_header_that_promises_gigabytes_costs_no_memory()
    {
        byte[][] liars =
        [
            DigitFiles.Idx(Bytes, 2_000_000_000, 1, 1),
            DigitFiles.Gzip(DigitFiles.Idx(Bytes, 2_000_000_000, 1, 1)),
        ];

        foreach (var liar in liars) Assert.InRange(AllocatedBy(() => Assert.Throws<InvalidDatasetException>(() => Read(liar))), 0, 1 << 20);
    }

    [Fact]
    public void A_gzip_bomb_is_unpacked_no_further_than_its_header_promises()
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(DigitFiles.Idx([], 2, 3, 4));
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 64; i++) gzip.Write(zeros);
        }
        var bomb = zipped.ToArray();

        Assert.InRange(AllocatedBy(() => Assert.Throws<InvalidDatasetException>(() => Read(bomb))), 0, 1 << 20);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var path = Path.Combine(Path.GetTempPath(), "no-such-folder", "train-images-idx3-ubyte");

        var error = Assert.Throws<InvalidDatasetException>(() => IdxFile.Read(path, 3));

        Assert.StartsWith($"{path}: cannot be read: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mutated_files_are_read_or_refused_and_nothing_else(bool gzip)
    {
        var whole = gzip ? DigitFiles.Gzip(Whole) : Whole;
        var random = new Random(20);
        var refused = 0;
        const int mutants = 20_000;

        for (var i = 0; i < mutants; i++)
        {
            var mutant = Mutate(whole, random);
            try
            {
                var file = Read(mutant);
                Assert.Equal(file.Data.Length, file.Shape.Aggregate(1, (product, size) => product * size));
            }
            catch (InvalidDatasetException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, mutants / 4, mutants);
    }

    private static IdxFile Read(byte[] content)
    {
        using var stream = new MemoryStream(content);
        return IdxFile.Read("some-file", stream, 3);
    }

    private static long AllocatedBy(Action action)
    {
        action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] Mutate(byte[] whole, Random random)
    {
        var mutant = whole.ToList();
        for (var changes = random.Next(1, 4); changes > 0 && mutant.Count > 0; changes--)
        {
            var at = random.Next(mutant.Count);
            switch (random.Next(5))
            {
                case 0: mutant[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: mutant[at] = (byte)random.Next(256); break;
                case 2: mutant.RemoveRange(at, mutant.Count - at); break;
                case 3: mutant.Insert(at, (byte)random.Next(256)); break;
                default: mutant[at] = 0xff; break;
            }
        }
        return [.. mutant];
    }
}
