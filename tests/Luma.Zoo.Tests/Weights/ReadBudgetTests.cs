using System.IO.Compression;
using System.Text;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;
using static Luma.Zoo.Tests.Weights.Assembly;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Time and memory are bounded by a file's size: steps and bytes are counted, and no clock is asked.</summary>
public class ReadBudgetTests
{
    private static readonly byte[] Floats = new byte[24];

    public static TheoryData<string> Files => [.. Cases.Select(pair => pair.Key)];

    private static Dictionary<string, Func<byte[]>> Cases { get; } = new()
    {
        // One dictionary as the metadata of each of many tensors: each walk through it was as long as the file.
        ["a remembered dictionary"] = () => Zip(
            Pickle(
                Global("torch._utils", "_rebuild_tensor_v2"), 'q', (byte)0, '0', Storage("0", 6), 'q', (byte)1, '0', Facts(20_000), 'q', (byte)2, '0', "}(",
                Join([.. Enumerable.Range(0, 20_000).Select(i => Join(
                    Text($"{i}"), "h\0(h\x01", Number(0), Numbers(6), Numbers(1), (byte)0x89, "}h\x02tR"))]), 'u'),
            Floats),
        ["many views of one dictionary"] = () => Zip(
            Pickle(Facts(20_000), 'q', (byte)0, "0}(", Join([.. Enumerable.Range(0, 20_000).Select(i => Join(Text($"{i}"), "h\0"))]), 'u'), Floats),
        ["a long name many times"] = () => Zip(
            Pickle(Text(new string('n', 500_000)), 'q', (byte)0, '0', Tensor(Storage("0", 6), 0, [6], [1]), 'q', (byte)1, "0}(",
                string.Concat(Enumerable.Repeat("h\0h\x01", 100_000)), 'u'), Floats),
        ["a long key of a storage many times"] = () => Zip(
            Pickle(Text(new string('k', 500_000)), 'q', (byte)0, '0', '}', '(',
                Join([.. Enumerable.Repeat(Join("K\x01(", Text("storage"), Global("torch", "FloatStorage"), "h\0", Text("cpu"), Number(6), "tQ"), 1000)]), 'u'), Floats),
        ["keys of the memo that fall together"] = () => Zip(
            Pickle('N', Join([.. Enumerable.Range(0, 200_000).Select(i => Join('r', Int32(1 + (i * 20_011L))))]), "0}"), Floats),
        ["tensors that expand together"] = () => Zip(
            Pickle("}(", Join([.. Enumerable.Range(0, 110).Select(i => Join(Text($"{i}"), Tensor(Storage("0", 6), 0, [15_000_000], [0])))]), 'u'), Floats),
        ["lists of lists"] = () => Zip(Pickle(']', string.Concat(Enumerable.Repeat("]a", 2_000_000))), Floats),
        ["short texts"] = () => Zip(Pickle("](", string.Concat(Enumerable.Repeat("U\x01a", 1_000_000)), 'e'), Floats),
        ["a large safetensors header"] = () => Safetensors(
            "{" + string.Join(',', Enumerable.Range(0, 300_000).Select(i => $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")) + "}", 0),
        ["metadata of a safetensors header"] = () => Safetensors(
            "{\"__metadata__\":{" + string.Join(',', Enumerable.Range(0, 500_000).Select(i => $"\"{i}\":\"\"")) + "}}", 0),
        ["an archive of many entries"] = () => new ZipAssembly { Zip64 = true }
            .Add([.. Enumerable.Range(0, 60_000).Select(i => ($"{i}", Array.Empty<byte>()))]).Add("a/data.pkl", Pickle('}')).ToArray(),
        ["a compressed archive of zeros"] = () => Deflated(100 << 20),
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void A_hostile_file_takes_no_more_than_its_size_allows(string name)
    {
        var file = Cases[name]();
        var limit = (ReadBudget.Factor * (long)file.Length) + ReadBudget.Allowance;
        var budget = new ReadBudget(file.Length);
        var before = GC.GetAllocatedBytesForCurrentThread();
        long expanded = 0;
        try
        {
            var (_, content) = WeightReader.Read(ByteSource.Of(file, "hostile"), new WeightFileOptions(), fits: null, sources: null, budget);
            expanded = content.Entries.Sum(entry => entry.ByteCount);
        }
        catch (WeightFileException)
        {
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // What is counted is bounded, and what is not counted is little beside it: lists that grow are copied, and messages are made.
        Assert.InRange(budget.Steps, 0, limit);
        Assert.InRange(budget.Memory, 0, limit);
        Assert.InRange(expanded, 0, limit);
        Assert.InRange(allocated, 0, 2 * limit);
    }

    [Fact]
    public void A_name_that_is_nothing_but_wrappers_takes_no_more_than_its_length()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var weights = StateDict.Read(Zip(Pickle("}", Text(string.Concat(Enumerable.Repeat("module.", 100_000)) + "w"), Tensor(Storage("0", 6), 0, [6], [1]), 's'), Floats), "chain");

        Assert.Equal(["w"], weights.Names);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void Many_sets_of_weights_are_not_each_compared_with_all_others()
    {
        const int Sets = 5000;
        var file = Zip(
            Pickle(Tensor(Storage("0", 6), 0, [6], [1]), 'q', (byte)0, "0}(", Join([.. Enumerable.Range(0, Sets).Select(i => Join(Text($"s{i}"), '}', Text("w"), "h\0s"))]), 'u'),
            Floats);
        var tried = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<WeightFileException>(() => WeightReader.Read(ByteSource.Of(file, "sets"), new WeightFileOptions(), _ => ++tried < 0, sources: null));

        Assert.InRange(tried, 1, 100);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
    }

    [Fact]
    public void An_index_whose_names_are_of_a_numbered_row_each_is_refused()
    {
        var map = string.Join(',', Enumerable.Range(0, 2000).Select(i => $"\"{i}\":\"r{i}-00001-of-04096.bin\""));
        var index = Encoding.UTF8.GetBytes($"{{\"weight_map\":{{{map}}}}}");
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<WeightFileException>(() => WeightReader.Read(ByteSource.Of(index, "index"), new WeightFileOptions(), fits: null, []));

        Assert.Contains("more than 4096 files", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
    }

    [Fact]
    public void A_compressed_archive_is_read_and_one_that_unpacks_to_much_more_says_what_to_do()
    {
        using (var weights = StateDict.Read(Deflated(1 << 20), "small.pth"))
            Assert.Equal(1 << 20, Assert.Single(weights.Entries).ByteCount);

        var error = Assert.Throws<WeightFileException>(() => StateDict.Read(Deflated(100 << 20), "bomb.pth"));
        Assert.Contains("zip it again without compression", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bound_is_four_times_the_size_and_a_constant()
    {
        var budget = new ReadBudget(1000);

        budget.Take((4 * 1000) + (16 << 20));

        Assert.Throws<MalformedDataException>(() => budget.Take(1));
        Assert.Throws<MalformedDataException>(() => budget.Walk(long.MaxValue));
        budget.Walk(1);
    }

    private static byte[] Facts(int count) => Join("}(", Join([.. Enumerable.Range(0, count).Select(i => Join(Text($"f{i}"), (byte)0x89))]), 'u');

    private static byte[] Deflated(int bytes)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
        {
            Add("a/data.pkl", OneTensor(Tensor(Storage("0", bytes / 4), 0, [bytes / 4], [1])));
            Add("a/data/0", new byte[bytes]);

            void Add(string name, byte[] content)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
                entry.Write(content);
            }
        }
        return stream.ToArray();
    }
}
