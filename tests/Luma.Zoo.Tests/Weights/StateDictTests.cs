using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;
using static Luma.Zoo.Tests.Weights.Assembly;

namespace Luma.Zoo.Tests.Weights;

public class StateDictTests
{
    [Fact]
    public void A_module_lists_its_tensors_in_PyTorchs_order_with_type_and_shape()
    {
        using var network = new Sequence { new Convolution2D(2, 3, 3), new Dense(3, 2) };

        using var weights = StateDict.Of(network);

        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias"], weights.Names);
        Assert.Equal("0.weight: Float32 (3, 2, 3, 3)", weights["0.weight"].ToString());
        Assert.Equal((54 + 3 + 6 + 2) * 4, weights.ByteCount);
        Assert.Null(weights.Format);
        Assert.True(weights.Contains("1.bias"));
        Assert.False(weights.TryGet("2.bias", out _));
        Assert.Contains("2.bias", Assert.Throws<KeyNotFoundException>(() => weights["2.bias"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_was_read_outlives_its_file_and_a_closed_file_is_not_read()
    {
        using var folder = new TemporaryFolder();
        using var values = randn(4);
        StateDict.Of(new Dictionary<string, Tensor> { ["a"] = values }).Save(folder.File("a.safetensors"));

        var weights = StateDict.Open(folder.File("a.safetensors"));
        var entry = weights["a"];
        using var read = entry.ToTensor();
        weights.Dispose();

        Assert.Equal(values.data<float>().ToArray(), read.data<float>().ToArray());
        Assert.Throws<ObjectDisposedException>(() => entry.ToTensor());
    }

    [Fact]
    public void Tensors_that_share_memory_are_written_once_and_stay_shared()
    {
        using var folder = new TemporaryFolder();
        using var whole = randn(1000, 10);
        var tied = new Dictionary<string, Tensor> { ["a"] = whole, ["b"] = whole, ["turned"] = whole.t(), ["rows"] = whole[TensorIndex.Slice(2, 900)] };

        StateDict.Of(tied).Save(folder.File("tied.pth"));

        Assert.InRange(new FileInfo(folder.File("tied.pth")).Length, 40_000, 42_000);
        using var weights = StateDict.Open(folder.File("tied.pth"));
        Assert.Equal(tied.Select(pair => TensorContent.Of(pair.Key, pair.Value)), TensorContent.All(weights));
    }

    [Fact]
    public void Writing_that_is_cancelled_leaves_the_file_that_was_there_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.pth"), "old");
        using var values = randn(3_000_000);
        using var cancellation = new CancellationTokenSource();
        var progress = new Reports(_ => cancellation.Cancel());

        Assert.Throws<OperationCanceledException>(() => StateDict.Of(new Dictionary<string, Tensor> { ["a"] = values })
            .Save(folder.File("a.pth"), progress: progress, cancellationToken: cancellation.Token));

        Assert.Equal(["a.pth"], folder.Names);
        Assert.Equal("old", File.ReadAllText(folder.File("a.pth")));
    }

    [Theory]
    [InlineData(WeightFormat.TorchZip)]
    [InlineData(WeightFormat.Safetensors)]
    public void Progress_rises_to_the_bytes_of_the_tensors(WeightFormat format)
    {
        using var folder = new TemporaryFolder();
        using var values = randn(3_000_000);
        List<ByteProgress> reports = [];

        StateDict.Of(new Dictionary<string, Tensor> { ["a"] = values, ["b"] = values.t() })
            .Save(folder.File("a"), format, new Reports(reports.Add));

        var total = format is WeightFormat.TorchZip ? 12_000_000 : 24_000_000;
        Assert.All(reports, report => Assert.Equal(total, report.Total));
        Assert.Equal(reports.Select(report => report.Done).Order(), reports.Select(report => report.Done));
        Assert.Equal(total, reports[^1].Done);
    }

    [Fact]
    public void A_file_may_be_written_over_itself_and_its_folder_holds_only_it()
    {
        using var folder = new TemporaryFolder();
        var values = new Dictionary<string, Tensor> { ["a"] = randn(5), ["b"] = arange(3) };
        StateDict.Of(values).Save(folder.File("a.pth"));

        using (var weights = StateDict.Open(folder.File("a.pth"))) weights.Save(folder.File("a.pth"), WeightFormat.Safetensors);

        using var again = StateDict.Open(folder.File("a.pth"));
        Assert.Equal(WeightFormat.Safetensors, again.Format);
        Assert.Equal(values.Select(pair => TensorContent.Of(pair.Key, pair.Value)), TensorContent.All(again));
        Assert.Equal(["a.pth"], folder.Names);
    }

    [Fact]
    public void The_legacy_format_and_types_without_a_name_are_not_written()
    {
        using var folder = new TemporaryFolder();
        using var values = randn(2);
        var weights = StateDict.Of(new Dictionary<string, Tensor> { ["a"] = values });

        Assert.Throws<ArgumentException>(() => weights.Save(folder.File("a"), WeightFormat.TorchLegacy));
        Assert.Empty(folder.Names);
        Assert.Throws<ArgumentException>(() => StateDict.Of(new Dictionary<string, Tensor> { ["a"] = eye(2).to_sparse() }));
        var error = Assert.Throws<ArgumentException>(() => StateDict.Of(new Dictionary<string, Tensor> { ["a\ud800"] = values }));
        Assert.StartsWith("'a\\ud800', a tensor's name, has half a surrogate pair", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_said_to_be_so()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<WeightFileException>(() => StateDict.Open(folder.File("none.pth")));
        Assert.Equal($"{folder.File("none.pth")}: there is no such file.", error.Message);
    }

    /// <summary>Any tensors, written in either format, are read as they were: shapes, strides, offsets, types, names, values.</summary>
    [Theory]
    [InlineData(WeightFormat.TorchZip)]
    [InlineData(WeightFormat.Safetensors)]
    public void Any_tensors_come_back_as_they_went(WeightFormat format)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(20261122);
        for (var round = 0; round < 60; round++)
        {
            using var scope = NewDisposeScope();
            Dictionary<string, Tensor> values = [];
            var count = random.Next(6);
            for (var i = 0; i < count; i++) values[Name(random, i)] = Any(random, format);
            var expected = values.Select(pair => TensorContent.Of(pair.Key, pair.Value)).ToList();

            StateDict.Of(values).Save(folder.File("any"), format);

            using var weights = StateDict.Open(folder.File("any"));
            Assert.Equal(expected, TensorContent.All(weights));
        }
    }

    private static string Name(Random random, int index) =>
        index + string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => "abc.\"\\/\n äπ😀"[random.Next(10)]));

    private static Tensor Any(Random random, WeightFormat format)
    {
        ScalarType[] types =
        [
            ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32,
            ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool, ScalarType.ComplexFloat32, ScalarType.ComplexFloat64,
        ];
        var type = types[random.Next(format is WeightFormat.TorchZip ? types.Length : types.Length - 2)];
        var shape = Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(random.Next(8) == 0 ? 1 : 0, 5)).ToArray();
        var value = (randn(shape) * 50).to(type);
        if (random.Next(2) == 0 && shape.Length > 1) value = value.permute([.. Enumerable.Range(0, shape.Length).Select(axis => (long)axis).OrderBy(_ => random.Next())]);
        if (random.Next(3) == 0 && shape.Length > 0 && value.shape[0] > 1) value = value.narrow(0, 1, value.shape[0] - 1);
        if (random.Next(4) == 0) value = value.unsqueeze(0).expand([3, .. value.shape]);
        return value;
    }

    private sealed class Reports(Action<ByteProgress> report) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => report(value);
    }

    // Python has half a surrogate pair for each byte of a path that is no text, and torch.load reads such files.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Text_with_half_a_surrogate_pair_is_read_beside_the_weights_and_is_no_name_of_a_tensor(bool isName)
    {
        using var folder = new TemporaryFolder();
        using var value = ones(3);
        StateDict.Of([KeyValuePair.Create("weight", value)]).Save(folder.File("w.pth"));
        using (var zip = System.IO.Compression.ZipFile.Open(folder.File("w.pth"), System.IO.Compression.ZipArchiveMode.Update))
        {
            var entry = zip.Entries.Single(found => found.Name == "data.pkl");
            var pickle = new byte[entry.Length];
            using var stream = entry.Open();
            stream.ReadExactly(pickle);
            var half = Join('X', Int32(4), new byte[] { 0xED, 0xB3, 0xBF, (byte)'x' });
            var changed = isName
                ? Replace(pickle, Text("weight"), half)
                : Pickle("}(", Text("state_dict"), pickle[2..^1], Text("path"), half, 'u');
            stream.SetLength(0);
            stream.Write(changed);
        }

        if (isName)
        {
            Assert.Contains("a tensor's name, is not UTF-8", Assert.Throws<WeightFileException>(() => StateDict.Open(folder.File("w.pth"))).Problem, StringComparison.Ordinal);
            return;
        }
        using var weights = StateDict.Open(folder.File("w.pth"));
        Assert.Equal(["weight"], weights.Names);

        static byte[] Replace(byte[] bytes, byte[] what, byte[] with)
        {
            var at = bytes.AsSpan().IndexOf(what);
            return [.. bytes[..at], .. with, .. bytes[(at + what.Length)..]];
        }
    }
}
