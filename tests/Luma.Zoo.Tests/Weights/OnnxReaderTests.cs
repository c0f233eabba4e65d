using System.Runtime.InteropServices;
using Google.Protobuf;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;
using Onnx;
using DataType = Onnx.TensorProto.Types.DataType;

namespace Luma.Zoo.Tests.Weights;

/// <summary>The initialisers of ONNX models, whoever wrote them and however.</summary>
public class OnnxReaderTests
{
    private static readonly float[] Six = [0, 1, -2, 3.5f, 1e-20f, float.NaN];

    private static readonly Dictionary<string, (TensorProto Tensor, ScalarType Type, byte[] Expected)> Good = MakeGood();

    private static readonly Dictionary<string, (Action<TensorProto> Damage, string Problem)> Bad = new()
    {
        ["no name"] = (tensor => tensor.Name = "", "has no name"),
        ["the name of another"] = (tensor => tensor.Name = "other", "comes twice"),
        ["too few bytes"] = (tensor => tensor.RawData = ByteString.CopyFrom(new byte[20]), "24 bytes by its type and shape, but a place of 20"),
        ["too many bytes"] = (tensor => tensor.RawData = ByteString.CopyFrom(new byte[28]), "a place of 28"),
        ["no bytes"] = (tensor => tensor.RawData = ByteString.Empty, "not so many values"),
        ["a negative size"] = (tensor => tensor.Dims[0] = -2, "a size of -2"),
        ["sizes that overflow"] = (tensor => tensor.Dims.Add([1L << 31, 1L << 31]), "too large to exist"),
        ["too many sizes"] = (tensor => tensor.Dims.Add(Enumerable.Repeat(1L, 64)), "more than 64 dimensions"),
        ["integers for floats"] = (tensor => Values(tensor, t => t.Int32Data.Add([1, 2, 3, 4, 5, 6])), "not so many values"),
        ["five floats"] = (tensor => Values(tensor, t => t.FloatData.Add([1, 2, 3, 4, 5])), "not so many values"),
        ["a file above"] = (tensor => Outside(tensor, "../data"), "no file beside the model"),
        ["a file far above"] = (tensor => Outside(tensor, "a/../../data"), "no file beside the model"),
        ["a file at the root"] = (tensor => Outside(tensor, "/etc/passwd"), "no file beside the model"),
        ["a file of another drive"] = (tensor => Outside(tensor, "C:\\data"), "no file beside the model"),
        ["a folder of Windows"] = (tensor => Outside(tensor, "..\\data"), "no file beside the model"),
        ["the folder itself"] = (tensor => Outside(tensor, "."), "no file beside the model"),
        ["no file"] = (tensor => Outside(tensor, ""), "no file beside the model"),
        ["a NUL"] = (tensor => Outside(tensor, "data\0"), "no file beside the model"),
        ["a file that is not there"] = (tensor => Outside(tensor, "missing"), "there is no such file"),
        ["an offset beyond the file"] = (tensor => Outside(tensor, "data", offset: "90"), "at 90 to 114 of the 100 bytes"),
        ["the largest offset"] = (tensor => Outside(tensor, "data", offset: $"{long.MaxValue}"), "of the 100 bytes"),
        ["an offset that is no number"] = (tensor => Outside(tensor, "data", offset: "0x10"), "which is no number"),
        ["a negative offset"] = (tensor => Outside(tensor, "data", offset: "-1"), "which is no number"),
        ["another length"] = (tensor => Outside(tensor, "data", length: "20"), "a place of 20"),
    };

    public static TheoryData<string> GoodNames => [.. Good.Keys];

    public static TheoryData<string> BadNames => [.. Bad.Keys];

    [Theory, MemberData(nameof(GoodNames))]
    public void A_tensor_is_read_however_it_is_written(string name)
    {
        using var folder = new TemporaryFolder();
        var (tensor, type, expected) = Good[name];
        var path = folder.File("model.onnx");
        File.WriteAllBytes(folder.File("data"), new byte[100]);
        Directory.CreateDirectory(folder.File("below"));
        File.WriteAllBytes(folder.File("below/data"), [.. new byte[40], .. expected]);
        File.WriteAllBytes(path, Model(Tensor("other"), tensor));

        foreach (var map in (bool[])[false, true])
        {
            using var read = StateDict.Open(path, new() { Map = map });
            using var value = read["it"].ToTensor();
            Assert.Equal((WeightFormat.Onnx, type), (read.Format!.Value, value.dtype));
            Assert.Equal(["other", "it"], read.Names);
            Assert.Equal([2, 3], value.shape);
            Assert.Equal(expected, value.bytes.ToArray());
        }
    }

    [Theory, MemberData(nameof(BadNames))]
    public void A_damaged_tensor_is_refused_with_the_reason(string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("data"), new byte[100]);
        var (damage, problem) = Bad[name];
        var tensor = Tensor("it");
        damage(tensor);
        File.WriteAllBytes(folder.File("model.onnx"), Model(Tensor("other"), tensor));

        var error = Assert.Throws<WeightFileException>(() => StateDict.Open(folder.File("model.onnx")));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_in_memory_have_no_files_beside_them()
    {
        var tensor = Tensor("it");
        Outside(tensor, "data");

        var error = Assert.Throws<WeightFileException>(() => StateDict.Read(Model(tensor), "bytes"));

        Assert.Contains("open the model by its path", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_libtorch_has_not_is_passed_over()
    {
        var strings = new TensorProto { Name = "words", DataType = (int)DataType.String, Dims = { 1 } };
        strings.StringData.Add(ByteString.CopyFromUtf8("word"));
        var model = Read(Model(strings, new TensorProto { Name = "small", DataType = (int)DataType.Uint32, Dims = { 1 }, RawData = ByteString.CopyFrom(new byte[4]) }, Tensor("it")));
        model.Graph.SparseInitializer.Add(new SparseTensorProto { Values = Tensor("sparse") });

        using var read = StateDict.Read(model.ToByteArray(), "bytes");

        Assert.Equal(["it"], read.Names);
        Assert.Equal(3, read.Unread.Count);
        Assert.Contains("the type 'string'", read.Unread["words"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_is_cut_off_or_has_no_weights_says_so()
    {
        var whole = Model(Tensor("it"));

        var cut = Assert.Throws<WeightFileException>(() => StateDict.Read(whole.AsMemory(..^10), "bytes"));
        Assert.Contains("this is an ONNX model, and cut off", cut.Message, StringComparison.Ordinal);
        var empty = Assert.Throws<WeightFileException>(() => StateDict.Read(Model(), "bytes"));
        Assert.Contains("no initialisers", empty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_in_two_pieces_is_one()
    {
        // Protobuf puts the pieces of a message together.
        byte[] pieces = [.. Model(Tensor("first")), .. new ModelProto { Graph = new() { Initializer = { Tensor("second") } } }.ToByteArray()];

        using var read = StateDict.Read(pieces, "bytes");

        Assert.Equal(["first", "second"], read.Names);
    }

    [Fact]
    public void Numbers_may_be_fields_of_their_own()
    {
        // As version 2 of protobuf wrote lists.
        var floats = Bytes(new TensorProto { Name = "floats", DataType = (int)DataType.Float, Dims = { 6 } }, output =>
        {
            foreach (var value in Six)
            {
                output.WriteTag(4, WireFormat.WireType.Fixed32);
                output.WriteFloat(value);
            }
        });
        var longs = Bytes(new TensorProto { Name = "longs", DataType = (int)DataType.Int64 }, output =>
        {
            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(3, 1));
            foreach (var value in (long[])[-1, 300, 0])
            {
                output.WriteTag(7, WireFormat.WireType.Varint);
                output.WriteInt64(value);
            }
        });
        var graph = Bytes(new GraphProto { Name = "main" }, output =>
        {
            foreach (var tensor in (byte[][])[floats, longs])
            {
                output.WriteTag(5, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(tensor));
            }
        });
        var model = Bytes(new ModelProto { IrVersion = 3 }, output =>
        {
            output.WriteTag(7, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(graph));
        });

        using var read = StateDict.Read(model, "bytes");

        Assert.Equal(Six, read["floats"].ToTensor().data<float>().ToArray());
        Assert.Equal([3, 1], read["longs"].Shape);
        Assert.Equal([-1, 300, 0], read["longs"].ToTensor().data<long>().ToArray());

        static byte[] Bytes(IMessage message, Action<CodedOutputStream> more)
        {
            using var stream = new MemoryStream();
            using (var output = new CodedOutputStream(stream, leaveOpen: true))
            {
                message.WriteTo(output);
                more(output);
            }
            return stream.ToArray();
        }
    }

    [PythonFact("torch", "onnx")]
    public void What_pytorch_exports_has_its_state_dict()
    {
        using var folder = new TemporaryFolder();
        // No two tensors are equal: PyTorch would write one of them only.
        const string Export = """
            import sys, torch
            network = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3), torch.nn.BatchNorm2d(5), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(5, 4)).eval()
            for tensor in network.state_dict().values():
                if tensor.is_floating_point(): tensor.copy_(torch.rand_like(tensor))
            torch.save(network.state_dict(), sys.argv[1] + "/expected.pth")
            extra = {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE, "opset_version": 13}
            torch.onnx.export(network, torch.rand(1, 3, 3, 3), sys.argv[1] + "/model.onnx", **extra)
            """;
        var (code, _, error) = Python.Run(Python.With("torch", "onnx")!, Export, Path.GetDirectoryName(folder.File("model.onnx"))!);
        Assert.True(code == 0, error);

        using var expected = StateDict.Open(folder.File("expected.pth"));
        using var read = StateDict.Open(folder.File("model.onnx"));

        Assert.Equal(expected.Names.Where(name => name != "1.num_batches_tracked").Order(), read.Names.Order());
        Assert.All(read.Entries, entry => Assert.Equal(expected[entry.Name].ToTensor().bytes.ToArray(), entry.ToTensor().bytes.ToArray()));
    }

    [Fact]
    public void Many_nodes_cost_no_memory()
    {
        var model = Read(Model(Tensor("it")));
        for (var i = 0; i < 300_000; i++) model.Graph.Node.Add(new NodeProto());
        var bytes = model.ToByteArray();

        var before = GC.GetAllocatedBytesForCurrentThread();
        using (StateDict.Read(bytes, "bytes"))
        {
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, bytes.Length);
    }

    [Fact]
    public void Many_pieces_of_a_tensor_cost_what_they_are_worth()
    {
        // 60,000 lists of one number each, which is what a hostile file may make of a list.
        var tensor = new TensorProto { Name = "it", DataType = (int)DataType.Int64, Dims = { 60_000 } }.ToByteArray();
        byte[] pieces = [.. tensor, .. Enumerable.Repeat((byte[])[0x3A, 1, 7], 60_000).SelectMany(piece => piece)];
        byte[] graph = [0x2A, .. Length(pieces.Length), .. pieces];
        byte[] bytes = [8, 8, 0x3A, .. Length(graph.Length), .. graph];

        var before = GC.GetAllocatedBytesForCurrentThread();
        using var read = StateDict.Read(bytes, "bytes");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4 * bytes.Length) + ReadBudget.Allowance);
        Assert.Equal(Enumerable.Repeat(7L, 60_000), read["it"].ToTensor().data<long>().ToArray());

        static byte[] Length(int length)
        {
            using var stream = new MemoryStream();
            using (var output = new CodedOutputStream(stream, leaveOpen: true)) output.WriteLength(length);
            return stream.ToArray();
        }
    }

    /// <summary>A model with tensors of every kind, for what damages files.</summary>
    internal static byte[] Everything() => Model([.. Good.Where(entry => entry.Value.Tensor.DataLocation == TensorProto.Types.DataLocation.Default).Select((entry, place) =>
    {
        var tensor = entry.Value.Tensor.Clone();
        tensor.Name = $"tensor{place}";
        return tensor;
    })]);

    /// <summary>A model with a weight in another file.</summary>
    internal static byte[] Apart()
    {
        var tensor = Tensor("apart");
        Outside(tensor, "fuzz", "0");
        return Model(Tensor("it"), tensor);
    }

    private static Dictionary<string, (TensorProto, ScalarType, byte[])> MakeGood()
    {
        var floats = MemoryMarshal.AsBytes<float>(Six).ToArray();
        long[] longs = [0, 1, -1, long.MaxValue, long.MinValue, 300];
        int[] small = [0, 1, -1, 127, -128, 5];
        float[] someHalves = [0, 1, -2.5f, 1000, 0.001f, -0.5f];
        var halves = someHalves.Select(value => BitConverter.HalfToUInt16Bits((Half)value)).ToArray();

        var external = Tensor("it");
        Outside(external, "below/data", "40", "24");
        var untold = Tensor("it");
        Outside(untold, "below/data", "40");
        return new()
        {
            ["raw floats"] = (Tensor("it"), ScalarType.Float32, floats),
            ["floats"] = (Typed(DataType.Float, tensor => tensor.FloatData.Add(Six)), ScalarType.Float32, floats),
            ["doubles"] = (Typed(DataType.Double, tensor => tensor.DoubleData.Add(Six.Select(value => (double)value))), ScalarType.Float64, MemoryMarshal.AsBytes(Six.Select(value => (double)value).ToArray().AsSpan()).ToArray()),
            ["raw 64-bit integers"] = (Raw(DataType.Int64, MemoryMarshal.AsBytes<long>(longs).ToArray()), ScalarType.Int64, MemoryMarshal.AsBytes<long>(longs).ToArray()),
            ["64-bit integers"] = (Typed(DataType.Int64, tensor => tensor.Int64Data.Add(longs)), ScalarType.Int64, MemoryMarshal.AsBytes<long>(longs).ToArray()),
            ["32-bit integers"] = (Typed(DataType.Int32, tensor => tensor.Int32Data.Add(small)), ScalarType.Int32, MemoryMarshal.AsBytes<int>(small).ToArray()),
            ["8-bit integers"] = (Typed(DataType.Int8, tensor => tensor.Int32Data.Add(small)), ScalarType.Int8, [.. small.Select(value => (byte)value)]),
            ["bytes"] = (Typed(DataType.Uint8, tensor => tensor.Int32Data.Add([0, 1, 2, 128, 254, 255])), ScalarType.Byte, [0, 1, 2, 128, 254, 255]),
            ["halves"] = (Typed(DataType.Float16, tensor => tensor.Int32Data.Add(halves.Select(value => (int)value))), ScalarType.Float16, MemoryMarshal.AsBytes<ushort>(halves).ToArray()),
            ["truths"] = (Typed(DataType.Bool, tensor => tensor.Int32Data.Add([0, 1, 1, 0, 1, 0])), ScalarType.Bool, [0, 1, 1, 0, 1, 0]),
            ["another file"] = (external, ScalarType.Float32, floats),
            ["another file to its end"] = (untold, ScalarType.Float32, floats),
        };
    }

    private static TensorProto Tensor(string name) => Raw(DataType.Float, MemoryMarshal.AsBytes<float>(Six).ToArray(), name);

    private static TensorProto Raw(DataType type, byte[] bytes, string name = "it") =>
        new() { Name = name, DataType = (int)type, Dims = { 2, 3 }, RawData = ByteString.CopyFrom(bytes) };

    private static TensorProto Typed(DataType type, Action<TensorProto> fill)
    {
        var tensor = new TensorProto { Name = "it", DataType = (int)type, Dims = { 2, 3 } };
        fill(tensor);
        return tensor;
    }

    private static void Values(TensorProto tensor, Action<TensorProto> fill)
    {
        tensor.RawData = ByteString.Empty;
        fill(tensor);
    }

    private static void Outside(TensorProto tensor, string file, string? offset = null, string? length = null)
    {
        tensor.RawData = ByteString.Empty;
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        foreach (var (key, value) in new[] { ("location", file), ("offset", offset), ("length", length) })
        {
            if (value is not null) tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        }
    }

    private static ModelProto Read(byte[] bytes) => ModelProto.Parser.ParseFrom(bytes);

    private static byte[] Model(params TensorProto[] tensors)
    {
        var model = new ModelProto { IrVersion = 8, ProducerName = "pytorch", Graph = new() { Name = "main", Node = { new NodeProto { OpType = "Relu", Input = { "x" }, Output = { "y" } } } } };
        model.Graph.Initializer.AddRange(tensors);
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        return model.ToByteArray();
    }
}
