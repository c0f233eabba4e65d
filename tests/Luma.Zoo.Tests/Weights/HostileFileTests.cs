using System.Text;
using Luma.Zoo.Weights;
using static Luma.Zoo.Tests.Weights.Assembly;

namespace Luma.Zoo.Tests.Weights;

public class HostileFileTests
{
    private static readonly byte[] Good = Tensor(Storage("0", 6), 0, [2, 3], [3, 1]);
    private static readonly byte[] Floats = new byte[24];

    private static readonly Case[] PickleCases =
    [
        new("os.system", Pickle(Global("os", "system"), '(', Text("echo"), "tR"), "os.system"),
        new("posix.system", Pickle(Global("posix", "system"), '(', Text("echo"), "tR"), "posix.system"),
        new("nt.system", Pickle(Global("nt", "system")), "nt.system"),
        new("builtins.eval", Pickle(Global("builtins", "eval"), '(', Text("1"), "tR"), "builtins.eval"),
        new("Python 2's eval", Pickle(Global("__builtin__", "eval"), '(', Text("1"), "tR"), "__builtin__.eval"),
        new("getattr", Pickle(Global("builtins", "getattr")), "builtins.getattr"),
        new("subprocess", Pickle(Global("subprocess", "Popen")), "subprocess.Popen"),
        new("not called", Pickle('}', Text("w"), Good, 's', Global("os", "system"), '0'), "os.system"),
        new("by the stack", Pickle(Text("os"), Text("system"), (byte)0x93), "os.system"),
        new("through attributes", Pickle(Global("torch", "serialization.os.system")), "torch.serialization.os.system"),
        new("a name with a dot", Pickle(Global("collections.OrderedDict", "__init__")), "collections.OrderedDict.__init__"),
        new("escape codes", Pickle(Global("os\u001b[2J", "x")), "os\\u001b[2J.x"),
        new("a nameless global", Pickle(Global("", "")), "asks for ."),
        new("torch.load", Pickle(Global("torch", "load")), "torch.load"),
        new("numpy", Pickle(Global("numpy.core.multiarray", "_reconstruct")), "numpy.core.multiarray._reconstruct"),
        new("INST", Pickle('(', "ios\nsystem\n"), "instruction 0x69"),
        new("OBJ", Pickle('(', 'o'), "instruction 0x6f"),
        new("EXT1", Pickle((byte)0x82, (byte)1), "instruction 0x82"),
        new("NEWOBJ_EX", Pickle((byte)0x92), "instruction NewObjEx"),
        new("NEXT_BUFFER", Pickle((byte)0x97), "instruction 0x97"),
        new("PERSID", Pickle("Px\n"), "instruction 0x50"),
        new("calling a call", Pickle(Global("torch._tensor", "_rebuild_from_type_v2"), '(', Global("torch._tensor", "_rebuild_from_type_v2"),
            Global("torch", "Tensor"), ")NtR"), "arguments that it does not take"),
        new("a call of text", Pickle(Text("os"), ')', 'R'), "a call of what is not a function"),
        new("a call without a tuple", Pickle(Global("collections", "OrderedDict"), ']', 'R'), "a call of what is not a function"),
        new("another new object", Pickle(Global("copyreg", "__newobj__"), '(', Global("torch", "Tensor"), "tR"), "arguments that it does not take"),
        new("state of a global", Pickle(Global("torch", "Tensor"), '}', 'b'), "a state for what has none"),
        new("items of a number", Pickle("K\u0001K\u0002a"), "items for what does not take them"),
        new("half a pair", Pickle("}(K\x01u"), "items for what does not take them"),
        new("huge text", Pickle('X', Int32(uint.MaxValue)), "4294967295 bytes are announced"),
        new("huge text of 8 bytes", Pickle((byte)0x8D, Int64(-1)), "18446744073709551615 bytes are announced"),
        new("huge bytes", Pickle((byte)0x8E, Int64(long.MaxValue)), "bytes are announced"),
        new("huge byte array", Pickle((byte)0x96, Int64(1L << 40)), "bytes are announced"),
        new("huge frame", Pickle((byte)0x95, Int64(1L << 40)), "bytes are announced"),
        new("huge integer", Pickle((byte)0x8B, Int32(int.MaxValue)), "an integer of 2147483647 bytes"),
        new("negative integer length", Pickle((byte)0x8B, Int32(-1)), "an integer of -1 bytes"),
        new("endless name", Pickle('c', new string('a', 5000)), "a name without an end"),
        new("endless name of two", Pickle(Text(new string('a', 5000)), Text("b"), (byte)0x93), "aaa"),
        new("text that is not UTF-8", Pickle('X', Int32(2), (byte)0xC3, (byte)0x28), "not UTF-8"),
        new("nothing remembered", Pickle('h', (byte)7), "nothing is remembered as 7"),
        new("an empty stack", Pickle('R'), "the stack is empty"),
        new("no mark", Pickle("K\x01t"), "there is no mark"),
        new("a mark as a value", Pickle("(q", (byte)0), "a mark stands where a value is needed"),
        new("an end in the middle", Join((byte)0x80, (byte)2, '}'), "1 bytes are announced, 0 are left"),
        new("protocol 9", Join((byte)0x80, (byte)9, '}', '.'), "protocol 9"),
        new("a deep list", Pickle(new string(']', 2_000_000)), "bytes of memory"),
        new("deep marks", Pickle(new string('(', 2_000_000)), "bytes of memory"),
        new("a deep tuple", Pickle(')', string.Concat(Enumerable.Repeat("\x85", 500_000))), "a tuple, not a dictionary"),
        new("a list within itself", Pickle(']', 'q', (byte)0, 'h', (byte)0, 'a'), "a list, not a dictionary"),
        new("a dictionary within itself", Pickle('}', 'q', (byte)0, Text("model"), 'h', (byte)0, 's'), "no tensors by name"),
        new("memo of millions", Pickle('N', string.Concat(Enumerable.Range(0, 1_100_000).Select(key => "r" + Encoding.Latin1.GetString(Int32(key))))), "are remembered"),
        new("pairs upon pairs", Pickle(']', '(', string.Concat(Enumerable.Repeat("K\x01K\x02\x86", 1000)), 'e', 'q', (byte)0, '0',
            string.Concat(Enumerable.Repeat("ccollections\nOrderedDict\nh\0\x85R0", 1000)), '}'), "bytes of memory"),
        new("tensor upon tensor", Pickle(Global("torch._utils", "_rebuild_tensor_v2"), 'q', (byte)0, '(', Storage("0", 6), Number(0), Numbers(2, 3), Numbers(3, 1),
            (byte)0x89, '}', "tq", (byte)1, "00", string.Concat(Enumerable.Repeat("h\0h\x01R0", 200_000)), '}'), "bytes of memory"),
        new("a bare storage", Pickle(Storage("0", 6)), "a bare storage"),
        new("a storage of another kind", Pickle('(', Text("module"), "NNNtQ"), "a whole module"),
        new("an id that is text", Pickle(Text("0"), 'Q'), "a persistent id that is no tuple"),
        new("an id without a class", Pickle('(', Text("storage"), Text("FloatStorage"), Text("0"), Text("cpu"), Number(6), "tQ"), "a storage without a type"),
        new("a key under a number", Pickle('}', Number(3), Good, 's'), "under a number"),
        new("a negative storage", OneTensor(Tensor(Storage("0", -1), 0, [1], [1])), "a storage of -1 elements"),
        new("a huge storage", OneTensor(Tensor(Storage("0", long.MaxValue), 0, [1], [1])), "a storage of 9223372036854775807 elements"),
        new("a storage larger than its bytes", OneTensor(Tensor(Storage("0", 1L << 40), 0, [1], [1])), "bytes"),
        new("a tensor beyond its storage", OneTensor(Tensor(Storage("0", 6), 0, [7], [1])), "ends beyond its storage"),
        new("an offset beyond its storage", OneTensor(Tensor(Storage("0", 6), 6, [1], [1])), "ends beyond its storage"),
        new("a stride beyond its storage", OneTensor(Tensor(Storage("0", 6), 0, [2, 3], [4, 1])), "ends beyond its storage"),
        new("a negative offset", OneTensor(Tensor(Storage("0", 6), -1, [1], [1])), "negative"),
        new("a negative size", OneTensor(Tensor(Storage("0", 6), 0, [-1], [1])), "negative"),
        new("a negative stride", OneTensor(Tensor(Storage("0", 6), 5, [6], [-1])), "negative"),
        new("sizes that overflow", OneTensor(Tensor(Storage("0", 6), 0, [1L << 32, 1L << 32], [0, 0])), "too large to exist"),
        new("sizes that overflow into nothing", OneTensor(Tensor(Storage("0", 6), 0, [1L << 62, 1L << 62, 0], [1, 1, 1])), "too large to exist"),
        new("strides that overflow", OneTensor(Tensor(Storage("0", 6), 0, [3, 3], [long.MaxValue, long.MaxValue])), "too large to exist"),
        new("an offset that overflows", OneTensor(Tensor(Storage("0", 6), long.MaxValue, [2], [1])), "too large to exist"),
        new("one number a million times", OneTensor(Tensor(Storage("0", 6), 0, [1L << 40], [0])), "a tensor of 4398046511104 bytes in a file"),
        new("more sizes than strides", OneTensor(Tensor(Storage("0", 6), 0, [1, 1], [1])), "2 dimensions with 1 strides"),
        new("a thousand dimensions", OneTensor(Tensor(Storage("0", 6), 0, new long[1000], new long[1000])), "1000 dimensions"),
        new("a size that is text", OneTensor(Join(Global("torch._utils", "_rebuild_tensor"), '(', Storage("0", 6), Number(0), '(', Text("2"), 't', Numbers(1), "tR")), "no integer"),
        new("a quantised storage", Pickle(Global("torch", "QInt8Storage")), "torch.QInt8Storage"),
    ];

    [Theory]
    [MemberData(nameof(Pickles))]
    public void A_hostile_pickle_is_refused_in_an_archive(string name)
    {
        var (_, pickle, reason) = PickleCases.Single(hostile => hostile.Name == name);
        AssertRefused(Zip(pickle, Floats), reason);
    }

    [Theory]
    [MemberData(nameof(Pickles))]
    public void A_hostile_pickle_is_refused_in_the_legacy_format(string name)
    {
        var (_, pickle, reason) = PickleCases.Single(hostile => hostile.Name == name);
        // There the pickle does not end with the record: what is cut off runs into what follows.
        if (name is "an end in the middle") return;
        AssertRefused(Legacy(pickle, Keys("0"), Int64(6), Floats), reason);
    }

    private static readonly Case[] FileCases = LyingFiles();

    public static TheoryData<string> Pickles => [.. PickleCases.Select(hostile => hostile.Name)];

    public static TheoryData<string> Files => [.. FileCases.Select(hostile => hostile.Name)];

    private static Case[] LyingFiles()
    {
        var state = OneTensor(Good);
        ZipAssembly.Numbers Lie(string name, ZipAssembly.Numbers numbers, Func<ZipAssembly.Numbers, ZipAssembly.Numbers> lie) =>
            name == "a/data/0" ? lie(numbers) : numbers;
        byte[] Lying(Func<ZipAssembly.Numbers, ZipAssembly.Numbers> lie, bool wide = false) =>
            new ZipAssembly { Zip64 = wide, Change = (name, numbers) => Lie(name, numbers, lie) }.Add("a/data.pkl", state).Add("a/data/0", Floats).ToArray();
        string Header(string shape, string offsets, string type = "F32") =>
            $"{{\"w\":{{\"dtype\":\"{type}\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}";

        return
        [
            new("no bytes", [], "empty"),
            new("one byte", [1], "neither a PyTorch file nor safetensors"),
            new("text", Join("hello world"), "this is text, not a weight file, maybe a server's answer: it begins with \"hello world\""),
            new("a page", Join("<!DOCTYPE html>"), "web page"),
            new("a pointer", Join("version https://git-lfs.github.com/spec/v1\n"), "Git LFS"),
            new("gzip", [0x1F, 0x8B, 8, 0], "gzip"),
            new("tar", Join(new byte[257], "ustar\0", new byte[300]), "tar archive"),
            new("an empty archive", new ZipAssembly().ToArray(), "without entries"),
            new("another pickle", Pickle('}'), "not one of PyTorch's"),

            new("no pickle", new ZipAssembly().Add("a/b", [1]).ToArray(), "without a data.pkl"),
            new("two pickles", new ZipAssembly().Add("a/data.pkl", state).Add("b/data.pkl", state).ToArray(), "2 files data.pkl"),
            new("a program", new ZipAssembly().Add("a/data.pkl", state).Add("a/constants.pkl", state).ToArray(), "TorchScript"),
            new("a missing storage", Zip(state), "a storage '0' that the archive lacks"),
            new("a storage elsewhere", Zip(OneTensor(Tensor(Storage("../data.pkl", 6), 0, [6], [1])), Floats), "'../data.pkl' that the archive lacks"),
            new("a small storage", Zip(state, new byte[20]), "of 24 bytes whose record has 20"),
            new("an entry twice", new ZipAssembly().Add("a/data.pkl", state).Add("a/data/0", Floats).Add("a/data/0", Floats).ToArray(), "comes twice"),
            new("a compressed entry", Lying(numbers => numbers with { Method = 8 }), "cannot be unpacked"),
            new("an entry of another method", Lying(numbers => numbers with { Method = 12 }), "compressed by method 12"),
            new("an encrypted entry", Lying(numbers => numbers with { Flags = 1 }), "encrypted"),
            new("two sizes", Lying(numbers => numbers with { Size = 25 }), "24 bytes stored as they are, but 25 unpacked"),
            new("a size beyond the file", Lying(numbers => numbers with { Size = 1000, Packed = 1000 }), "run into what follows"),
            new("the largest size", Lying(numbers => numbers with { Size = uint.MaxValue, Packed = uint.MaxValue }), "run into what follows"),
            new("a place beyond the file", Lying(numbers => numbers with { Place = 1 << 30 }), "run into what follows"),
            new("a place in another entry", Lying(numbers => numbers with { Place = 0 }), "run into what follows"),
            new("a negative size in ZIP64", Lying(numbers => numbers with { Size = -1, Packed = -1 }, wide: true), "negative"),
            new("a negative place in ZIP64", Lying(numbers => numbers with { Place = long.MinValue }, wide: true), "negative"),
            new("a huge size in ZIP64", Lying(numbers => numbers with { Size = long.MaxValue, Packed = long.MaxValue }, wide: true), "run into what follows"),
            new("too many entries", new ZipAssembly { Count = 60000 }.Add("a/data.pkl", state).ToArray(), "60000 entries"),
            new("too many entries in ZIP64", new ZipAssembly { Zip64 = true, Count = int.MaxValue }.Add("a/data.pkl", state).ToArray(), "2147483647 entries"),
            new("a directory beyond the file", new ZipAssembly { DirectoryOffset = 1 << 30 }.Add("a/data.pkl", state).ToArray(), "directory is said to be"),
            new("a directory before the file", new ZipAssembly { Zip64 = true, DirectoryOffset = -5 }.Add("a/data.pkl", state).ToArray(), "directory is said to be"),
            new("a directory elsewhere", new ZipAssembly { DirectoryOffset = 0 }.Add("a/data.pkl", state).ToArray(), "directory is damaged"),
            new("an unknown byte order", new ZipAssembly().Add("a/data.pkl", state).Add("a/byteorder", Join("middle")).ToArray(), "byte order"),

            new("another version", Join(Legacy(state, Keys("0"), Int64(6), Floats)[..15], Pickle('M', Int16(1002))), "version is not 1001"),
            new("keys that are missing", Legacy(state, Keys(), Int64(6), Floats), "1 storages are used, 0 are there"),
            new("keys that are unknown", Legacy(state, Keys("1"), Int64(6), Floats), "not those of the storages"),
            new("keys that come twice", Legacy(state, Keys("0", "0"), Int64(6), Floats), "not those of the storages"),
            new("keys that are no list", Legacy(state, Pickle('}'), Int64(6), Floats), "no list"),
            new("a storage cut off", Legacy(state, Keys("0"), Int64(6), Floats[..20]), "cut off"),
            new("another count", Legacy(state, Keys("0"), Int64(5), Floats), "5 elements where it begins and 6 where it is used"),
            new("a view beyond its storage", Legacy(OneTensor(Tensor(Storage("0", 6, further: Join('(', Text("1"), Number(4), Number(3), 't')), 0, [1], [1])), Keys("0"), Int64(6), Floats),
                "a storage within a storage that leaves it"),

            new("a header beyond the file", Join(Int64(1000), "{}"), "neither"),
            new("the largest header", Join(Int64(-1), "{}"), "neither"),
            new("a header that is cut off", Safetensors("{\"w\":", 0), "not the JSON"),
            new("a header that is a list", Join(Int64(3), " []{"), "neither"),
            new("deep JSON", Safetensors("{\"w\":" + new string('[', 100) + "}", 0), "expected StartObject"),
            new("deep metadata", Safetensors("{\"__metadata__\":{\"a\":{}}}", 0), "expected String"),
            new("a name twice with two places", Safetensors("{\"w\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},\"w\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]}}", 8), "'w' begins at 4"),
            new("metadata twice", Safetensors("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "comes twice"),
            new("a member twice", Safetensors("{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4), "second member 'dtype'"),
            new("a missing member", Safetensors("{\"w\":{\"dtype\":\"F32\",\"shape\":[]}}", 0), "lacks its type, shape or two offsets"),
            new("an unknown type", Safetensors(Header("[]", "[0,2]", "U16"), 2), "the type 'U16'"),
            new("a place too small", Safetensors(Header("[2]", "[0,4]"), 4), "ends beyond its storage of 4 bytes"),
            new("a place too large", Safetensors(Header("[1]", "[0,8]"), 8), "4 bytes by its type F32 and shape (1), but a place of 8"),
            new("offsets the wrong way", Safetensors(Header("[1]", "[4,0]"), 4), "said to be at 4 to 0"),
            new("offsets beyond the file", Safetensors(Header("[1]", "[4,8]"), 4), "said to be at 4 to 8"),
            new("a gap", Safetensors(Header("[1]", "[4,8]"), 8), "the one before ends at 0"),
            new("an overlap", Safetensors("{\"v\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}", 6), "the one before ends at 4"),
            new("something behind", Safetensors(Header("[1]", "[0,4]"), 5), "the tensors end at 4 of 5"),
            new("a negative size", Safetensors(Header("[-1]", "[0,4]"), 4), "not a whole number"),
            new("half a size", Safetensors(Header("[0.5]", "[0,4]"), 4), "not a whole number"),
            new("a size as text", Safetensors(Header("[\"1\"]", "[0,4]"), 4), "not a whole number"),
            new("a size of 70 bits", Safetensors(Header("[1180591620717411303424]", "[0,4]"), 4), "not a whole number"),
            new("sizes that overflow", Safetensors(Header("[4294967296,4294967296]", "[0,0]"), 0), "too large to exist"),
            new("sizes that overflow into nothing", Safetensors(Header("[4611686018427387904,4,0]", "[0,0]"), 0), "too large to exist"),
            new("three offsets", Safetensors(Header("[1]", "[0,4,4]"), 4), "two offsets"),
            new("no Unicode", Safetensors("{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4), "not the JSON"),
        ];
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_lying_or_foreign_file_is_refused(string name)
    {
        var (_, file, reason) = FileCases.Single(hostile => hostile.Name == name);
        AssertRefused(file, reason);
    }

    [Fact]
    public void The_files_of_these_tests_are_good_but_for_their_lies()
    {
        foreach (var file in (byte[][])[Zip(OneTensor(Good), Floats), Legacy(OneTensor(Good), Keys("0"), Int64(6), Floats), WideZip()])
        {
            using var weights = StateDict.Read(file, "good");
            Assert.Equal(new TensorContent("w", "float32", "2, 3", new string('0', 48)), TensorContent.Of(Assert.Single(weights.Entries)));
        }

        static byte[] WideZip() => new ZipAssembly { Zip64 = true }.Add("a/data.pkl", OneTensor(Good)).Add("a/data/0", Floats).ToArray();
    }

    [Fact]
    public void Python_2_and_older_PyTorch_files_are_read()
    {
        // Names as byte strings, a dictionary of a list of pairs, a Parameter as a new object with a state, a storage within a storage.
        byte[] Short(string text) => Join('U', (byte)text.Length, text);
        var pickle = Pickle(
            Global("collections", "OrderedDict"), "(](", Short("module.w"), Global("torch.nn.parameter", "Parameter"), '(',
            Global("torch._utils", "_rebuild_tensor"), '(', Storage("7", 6, further: Join('(', Text("8"), Number(2), Number(3), 't')), Number(1), "K\x02\x85", "K\x01\x85", "tR",
            't', (byte)0x81, "((", (byte)0x88, (byte)0x89, Global("collections", "OrderedDict"), ")Rttb", (byte)0x86, "etR");
        float[] values = [0, 1, 2, 3, 4, 5];
        var bytes = values.SelectMany(BitConverter.GetBytes).ToArray();

        using var weights = StateDict.Read(Legacy(pickle, Keys("7"), Int64(6), bytes), "old.pth");
        using var tensor = Assert.Single(weights.Entries).ToTensor();

        Assert.Equal(["w"], weights.Names);
        Assert.Equal([3f, 4f], tensor.data<float>().ToArray());
    }

    // So does safetensors 0.4.5.
    [Theory]
    [InlineData("[0,4]", "[1]")]
    [InlineData("[0,8]", "[2]")]
    public void Of_a_name_that_comes_twice_in_a_safetensors_header_the_last_counts(string first, string firstShape)
    {
        var header = $"{{\"w\":{{\"dtype\":\"F32\",\"shape\":{firstShape},\"data_offsets\":{first}}},\"v\":{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}";

        using var weights = StateDict.Read(Safetensors(header, 12), "twice");

        Assert.Equal(["w", "v"], weights.Names);
        Assert.Equal([1L, 1L], weights["w"].Shape);
    }

    [Fact]
    public void A_file_that_ends_early_is_refused_wherever_it_ends()
    {
        foreach (var file in (string[])["network-zip", "network-legacy", "safetensors-network", "views-legacy", "types-zip"])
        {
            var bytes = Golden.Bytes("torch-2.6.zip", file);
            for (var length = 0; length < bytes.Length; length++)
            {
                var part = bytes[..length];
                Assert.Throws<WeightFileException>(() => ReadAll(part));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(65_000)]
    public void What_stands_behind_an_archive_is_passed_over_as_PyTorch_does(int count)
    {
        using var weights = StateDict.Read(Join(Zip(OneTensor(Good), Floats), new byte[count]), "good");

        Assert.Equal(new TensorContent("w", "float32", "2, 3", new string('0', 48)), TensorContent.Of(Assert.Single(weights.Entries)));
    }

    [Theory]
    [InlineData("torch._utils", "torch", "channels_last")]
    [InlineData("torchvision.transforms.functional", "InterpolationMode", "BILINEAR")]
    public void An_attribute_of_what_is_inert_is_inert(string module, string name, string attribute)
    {
        var pickle = Pickle("}(", Text("w"), Good, Text("x"), Global("__builtin__", "getattr"), Global(module, name), Text(attribute), (byte)0x86, "Ru");

        using var weights = StateDict.Read(Zip(pickle, Floats), "good");

        Assert.Equal(["w"], weights.Names);
    }

    [Fact]
    public void An_attribute_of_anything_else_is_refused_by_name()
    {
        AssertRefused(Zip(Pickle(Global("builtins", "getattr"), Good, Text("x"), (byte)0x86, 'R'), Floats), "builtins.getattr");
        AssertRefused(Zip(Pickle(Global("builtins", "getattr"), Global("torch.optim.adam", "Adam"), Text("x"), (byte)0x86, 'R'), Floats), "torch.optim.adam.Adam");
    }

    [Theory]
    [InlineData("F4", 6, 3)]
    [InlineData("F6_E2M3", 4, 3)]
    [InlineData("F6_E3M2", 8, 6)]
    [InlineData("F8_E8M0", 5, 5)]
    public void Elements_that_share_bytes_are_left_out(string type, int count, int bytes)
    {
        var header = $"{{\"a\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}},\"q\":{{\"dtype\":\"{type}\",\"shape\":[{count}],\"data_offsets\":[4,{4 + bytes}]}}}}";

        using var weights = StateDict.Read(Safetensors(header, 4 + bytes), "packed");

        Assert.Equal(["a"], weights.Names);
        Assert.Equal(["q"], weights.Selection.LeftOut);
        AssertRefused(Safetensors(header.Replace($"[{count}]", $"[{count + 1}]", StringComparison.Ordinal), 4 + bytes), "bytes");
    }

    private static void AssertRefused(byte[] file, string reason)
    {
        var error = Assert.Throws<WeightFileException>(() => ReadAll(file));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("test.bin: ", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Length < 1000, error.Message);
    }

    private static void ReadAll(byte[] file)
    {
        using var weights = StateDict.Read(file, "test.bin");
        foreach (var entry in weights.Entries) entry.ToTensor().Dispose();
    }

    private sealed record Case(string Name, byte[] Bytes, string Reason);
}
