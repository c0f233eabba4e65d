using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

public class WeightLoaderTests
{
    private static Sequence Network() => new()
    {
        { "conv", new Convolution2D(2, 3, 3) },
        { "fc", new Dense(3, 2) },
    };

    private static Dictionary<string, Tensor> Values(params string[] leaveOut) => new Dictionary<string, Tensor>
    {
        ["conv.weight"] = randn(3, 2, 3, 3),
        ["conv.bias"] = randn(3),
        ["fc.weight"] = randn(2, 3),
        ["fc.bias"] = randn(2),
    }.Where(pair => !leaveOut.Contains(pair.Key)).ToDictionary();

    private static List<TensorContent> Contents(nn.Module module) => TensorContent.All(StateDict.Of(module));

    private static List<TensorContent> Contents(Dictionary<string, Tensor> values) => [.. values.Select(pair => TensorContent.Of(pair.Key, pair.Value))];

    [Theory]
    [InlineData(WeightFormat.TorchZip)]
    [InlineData(WeightFormat.Safetensors)]
    public void A_module_takes_the_values_of_a_file_to_the_bit(WeightFormat format)
    {
        using var folder = new TemporaryFolder();
        using var saved = Network();
        StateDict.Of(saved).Save(folder.File("weights"), format);

        using var network = Network();
        Assert.NotEqual(Contents(saved), Contents(network));
        using var weights = StateDict.Open(folder.File("weights"));
        var report = network.Load(weights);

        Assert.Equal(Contents(saved), Contents(network));
        Assert.True(report.IsComplete);
        Assert.Equal(["conv.weight", "conv.bias", "fc.weight", "fc.bias"], report.Loaded);
        Assert.Equal("4 tensors loaded", report.ToString());
        Assert.All(network.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void Strict_loading_says_all_that_does_not_match_and_leaves_the_module_as_it_was()
    {
        using var network = Network();
        var before = Contents(network);
        var values = Values("fc.bias", "conv.bias");
        values["fc.weight"] = randn(3, 3);
        values["head.bias"] = randn(1);

        var error = Assert.Throws<WeightMismatchException>(() => network.Load(StateDict.Of(values, "old.pth")));

        Assert.Equal(["conv.bias", "fc.bias"], error.Report.Missing);
        Assert.Equal(["head.bias"], error.Report.Unexpected);
        Assert.Equal([new Mismatch("fc.weight", "Float32 (2, 3)", "Float32 (3, 3)")], error.Report.Mismatched);
        Assert.Equal(
            "old.pth does not fit Sequence.\n2 missing: conv.bias, fc.bias\n1 unexpected: head.bias\n"
            + "1 mismatched: fc.weight: expected Float32 (2, 3), got Float32 (3, 3)", error.Message);
        Assert.Equal(before, Contents(network));
    }

    [Fact]
    public void Loading_that_is_not_strict_takes_what_fits_and_reports_the_rest()
    {
        using var network = Network();
        var before = Contents(network);
        var values = Values("fc.bias");
        values["conv.bias"] = randn(5);
        values["extra"] = randn(1);

        var report = network.Load(StateDict.Of(values), strict: false);

        Assert.Equal(["conv.weight", "fc.weight"], report.Loaded);
        Assert.Equal(["fc.bias"], report.Missing);
        Assert.Equal(["extra"], report.Unexpected);
        Assert.Equal("conv.bias", Assert.Single(report.Mismatched).Name);
        var after = Contents(network).ToDictionary(tensor => tensor.Name);
        Assert.Equal(TensorContent.Of("fc.weight", values["fc.weight"]), after["fc.weight"]);
        Assert.Equal(before.Single(tensor => tensor.Name == "conv.bias"), after["conv.bias"]);
    }

    public static TheoryData<ScalarType, ScalarType> Conversions
    {
        get
        {
            ScalarType[] types = [ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float32, ScalarType.Float64, ScalarType.Int64];
            var data = new TheoryData<ScalarType, ScalarType>();
            foreach (var from in types)
            {
                foreach (var to in types) data.Add(from, to);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Conversions))]
    public void Values_become_the_type_of_the_parameter_as_libtorch_converts_them(ScalarType from, ScalarType to)
    {
        using var network = Network();
        network.to(to is ScalarType.Int64 ? ScalarType.Float32 : to);
        var expectedType = to is ScalarType.Int64 ? ScalarType.Float32 : to;
        var values = Values().ToDictionary(pair => pair.Key, pair => (pair.Value * 100).to(from));

        network.Load(StateDict.Of(values));

        Assert.Equal(Contents(values.ToDictionary(pair => pair.Key, pair => pair.Value.to(expectedType))), Contents(network));
    }

    [Fact]
    public void A_large_tensor_is_converted_piece_by_piece_and_whole()
    {
        using var layer = new Dense(3001, 1500);
        using var weight = randn(1500, 3001, float64);
        using var bias = randn(1500, float64);

        layer.Load(StateDict.Of(new Dictionary<string, Tensor> { ["weight"] = weight, ["bias"] = bias }));

        Assert.True(layer.Weight.allclose(weight.to(float32), rtol: 0, atol: 0));
    }

    [Fact]
    public void Strided_values_and_strided_parameters_are_loaded_in_the_order_of_their_indices()
    {
        using var network = Network();
        var values = Values();
        values["fc.weight"] = randn(3, 2).t();
        values["conv.weight"] = randn(3, 3, 3, 2).permute(0, 3, 1, 2);
        values["conv.bias"] = tensor(2f).expand(3);
        var bias = network.state_dict()["fc.bias"];
        using (no_grad()) bias.set_(randn(4)[TensorIndex.Slice(0, 4, 2)]);

        network.Load(StateDict.Of(values));

        Assert.Equal(Contents(values), Contents(network));
    }

    [Fact]
    public void Complex_values_do_not_fit_real_parameters()
    {
        using var network = Network();
        var values = Values();
        values["fc.bias"] = randn(2, complex64);

        var error = Assert.Throws<WeightMismatchException>(() => network.Load(StateDict.Of(values)));

        Assert.Equal(new Mismatch("fc.bias", "Float32 (2)", "ComplexFloat32 (2)"), Assert.Single(error.Report.Mismatched));
    }

    [Fact]
    public void Names_are_changed_before_they_are_matched_and_null_leaves_a_tensor_out()
    {
        using var network = Network();
        var values = Values().ToDictionary(pair => "old." + pair.Key, pair => pair.Value);
        values["aux.weight"] = randn(1);

        var report = network.Load(
            StateDict.Of(values), rename: name => name.StartsWith("aux", StringComparison.Ordinal) ? null : name["old.".Length..]);

        Assert.True(report.IsComplete);
        Assert.Equal(TensorContent.Of("fc.bias", values["old.fc.bias"]), Contents(network)[^1]);
        Assert.Throws<ArgumentException>(() => network.Load(StateDict.Of(values), rename: _ => "fc.bias"));
    }

    [Fact]
    public void A_file_that_lies_about_its_last_record_changes_no_parameter()
    {
        using var folder = new TemporaryFolder();
        StateDict.Of(Values()).Save(folder.File("weights.pth"));
        var bytes = File.ReadAllBytes(folder.File("weights.pth"));
        var name = "archive/data/3"u8.ToArray();
        bytes[bytes.AsSpan().IndexOf(name) - 4] ^= 1;

        using var network = Network();
        var before = Contents(network);
        using var weights = StateDict.Read(bytes, "liar.pth");
        var error = Assert.Throws<WeightFileException>(() => network.Load(weights));

        Assert.Contains("archive/data/3", error.Where, StringComparison.Ordinal);
        Assert.Equal(before, Contents(network));
    }

    [Fact]
    public void A_network_built_without_initialisers_and_loaded_is_the_network_that_was_saved()
    {
        using var saved = Network();
        using var folder = new TemporaryFolder();
        StateDict.Of(saved).Save(folder.File("weights.pth"));

        Sequence network;
        using (Initializers.Skip()) network = Network();
        using (network)
        {
            using var weights = StateDict.Open(folder.File("weights.pth"));
            network.Load(weights);
            Assert.Equal(Contents(saved), Contents(network));
        }
    }
}
