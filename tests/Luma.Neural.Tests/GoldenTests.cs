using System.Security.Cryptography;
using Luma.Neural.Blocks;

namespace Luma.Neural.Tests;

[Collection(Generator.Name)]
public class GoldenTests
{
    public static TheoryData<string> Names => Cases.Names;

    public static TheoryData<string> InitializerNames => [.. Goldens.Instance.Initializers.Keys];

    // Blocks of a few networks: there they are held against Python, in Luma.Zoo.Tests.
    private static readonly Type[] PartsOfNetworks =
    [
        typeof(AuxiliaryHead), typeof(Branches), typeof(ZeroPaddedShortcut), typeof(IncepResBlock),
        .. typeof(IncepBlock).GetNestedTypes(), .. typeof(IncepResBlock).GetNestedTypes(), .. typeof(ResNetBlock).GetNestedTypes(),
    ];

    [Fact]
    public void Every_kind_of_layer_and_block_is_among_the_cases()
    {
        var tested = Cases.All.Values.Select(make => make().GetType()).Concat(PartsOfNetworks).ToHashSet();
        var kinds = typeof(Layer).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(NeuralModule)) && !type.IsAbstract);

        Assert.Empty(kinds.Except(tested));
    }

    [Fact]
    public void Python_has_written_the_same_cases() => Assert.Equal(Goldens.Instance.Cases.Keys, Cases.All.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_state_dict_is_PyTorchs_and_the_same_seed_gives_the_same_bits(string name)
    {
        var golden = Goldens.Instance.Cases[name];
        manual_seed(golden.Seed);
        using var module = Cases.All[name]();

        var state = module.state_dict().Select(entry => new GoldenState(
            entry.Key, entry.Value.shape, $"{entry.Value.dtype}".ToLowerInvariant(), Convert.ToHexStringLower(SHA256.HashData(entry.Value.bytes))));

        Assert.Equivalent(golden.State, state, strict: true);
        Assert.Equal(golden.State.Select(entry => entry.Key), module.state_dict().Keys);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Outputs_gradients_and_buffers_are_PyTorchs(string name)
    {
        var golden = Goldens.Instance.Cases[name];
        manual_seed(golden.Seed);
        using var module = Cases.All[name]();
        using var scope = NewDisposeScope();
        var data = randn(golden.Input);

        module.train();
        var leaf = data.clone().requires_grad_(true);
        var output = module.call(leaf * 1);
        (output * Factors(output)).sum().backward();

        Same(golden.Train, output);
        Same(golden.Gradients["input"], leaf.grad!);
        foreach (var (key, parameter) in module.named_parameters()) Same(golden.Gradients[key], parameter.grad!);
        foreach (var (key, buffer) in module.named_buffers()) Same(golden.Buffers[key], buffer.to(float32));
        Assert.Equal(golden.After, rand(1).item<float>());

        module.eval();
        using var noGrad = no_grad();
        Same(golden.Eval ?? golden.Train, module.call(data.clone()));
    }

    [Theory]
    [MemberData(nameof(InitializerNames))]
    public void Initialisers_draw_PyTorchs_numbers(string name)
    {
        manual_seed(11);
        using var tensor = empty(4, 3, 2, 2);
        Action fill = name switch
        {
            "Uniform" => () => Initializers.Uniform(tensor, -2, 3),
            "Normal" => () => Initializers.Normal(tensor, 1, 0.5),
            "Constant" => () => Initializers.Constant(tensor, 0.25),
            "KaimingUniform" => () => Initializers.KaimingUniform(tensor),
            "KaimingUniform out" => () => Initializers.KaimingUniform(tensor, Fan.Out, Initializers.RectifierGain(0.2)),
            "KaimingNormal" => () => Initializers.KaimingNormal(tensor),
            "KaimingNormal out" => () => Initializers.KaimingNormal(tensor, Fan.Out),
            "XavierUniform" => () => Initializers.XavierUniform(tensor, 1.5),
            "XavierNormal" => () => Initializers.XavierNormal(tensor),
            "TruncatedNormal" => () => Initializers.TruncatedNormal(tensor, 0.1, 0.5, -1, 0.6),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such initialiser."),
        };

        fill();

        // The truncated normal goes through erfinv_, whose last bits depend on how libtorch was built.
        var units = name == "TruncatedNormal" ? 64 : 0;
        var expected = Goldens.Instance.Initializers[name];
        var actual = tensor.data<float>().ToArray();
        Assert.All(expected.Zip(actual), pair => Assert.InRange(UnitsApart(pair.First, pair.Second), 0, units));
    }

    private static long UnitsApart(float left, float right)
    {
        return Math.Abs(Ordered(left) - Ordered(right));

        static long Ordered(float number) =>
            BitConverter.SingleToInt32Bits(number) is var bits && bits < 0 ? int.MinValue - (long)bits : bits;
    }

    private static Tensor Factors(Tensor output) =>
        (arange(output.numel(), dtype: output.dtype) % 7 - 3).reshape(output.shape);

    private static void Same(GoldenTensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.shape);
        Same(expected.Values, actual);
    }

    // To three millionths of the tensor's greatest number, or of the inputs' size, 1, where sums cancel: processors add in different orders.
    private static void Same(float[] expected, Tensor actual)
    {
        var numbers = actual.detach().contiguous().data<float>().ToArray();
        Assert.Equal(expected.Length, numbers.Length);
        var greatest = expected.Select(MathF.Abs).Append(1).Max();
        Assert.All(expected.Zip(numbers), pair => Assert.InRange(pair.Second - pair.First, -3e-6f * greatest, 3e-6f * greatest));
    }
}

/// <summary>
/// Tests that draw from libtorch's one generator, which must not be drawn from beside them. Their tensors are small: one thread is
/// faster than two.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Generator : ICollectionFixture<Generator.OneThread>
{
    public const string Name = "generator";

    public sealed class OneThread
    {
        public OneThread() => set_num_threads(1);
    }
}
