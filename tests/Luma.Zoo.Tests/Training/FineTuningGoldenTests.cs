using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Images;
using Luma.Zoo.Models;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Tests.Training;

/// <summary>Two epochs of the trainer against a plain PyTorch loop, and schedules with a warm-up: see scripts/goldens_finetune.py.</summary>
[Trait("Category", "Slow")]
public class FineTuningGoldenTests
{
    private const double Tolerance = 1e-4;

    // bfloat16 has eight bits, and its sums are taken in another order here.
    private const double MixedTolerance = 1.0 / 128;

    // In 64 bits the order of a sum does not matter, however far a network magnifies its last digits.
    private const double DoubleTolerance = 1e-9;

    private const double MeasuredTolerance = 1e-6;

    private const string Doubles = "inception_v3";

    private const int Classes = 10, Epochs = 2, WarmUp = 5;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly Golden Expected = JsonSerializer.Deserialize<Golden>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "finetune.json")), Json)!;

    private static readonly Dictionary<string, (Func<NeuralModule> Build, int BatchSize, int Side, int Steps)> Networks = new()
    {
        ["resnet18"] = (() => ModelZoo.Create("resnet18", Options()), 8, 32, 10),
        ["mobilenet_v3_small"] = (() => ModelZoo.Create("mobilenet_v3_small", Options() with { Dropout = 0 }), 8, 32, 10),
        ["vit_b_16"] = (() => new VisionTransformer(VisionTransformer.Plans["vit_b_16"] with { Layers = 2, ImageSize = 32 }, Options()), 8, 32, 10),
        [Doubles] = (() => Redrawn(ModelZoo.Create(Doubles, Options() with { Dropout = 0, AuxiliaryHeads = true })), 4, 299, 10),
    };

    private static readonly Dictionary<string, Optimizer> Optimizers = new()
    {
        ["sgd"] = new Optimizer.Sgd { LearningRate = 1e-3, Momentum = 0.9, Nesterov = true, WeightDecay = 0.05 },
        ["adamw"] = new Optimizer.Adam { LearningRate = 2e-5, Epsilon = 1e-6, WeightDecay = 2, Decoupled = true },
        ["rmsprop"] = new Optimizer.RmsProp { LearningRate = 2e-5, Epsilon = 1e-6, WeightDecay = 0.01 },
        ["rmsprop_momentum"] = new Optimizer.RmsProp { LearningRate = 1e-4, Alpha = 0.9, Epsilon = 0.0316, Momentum = 0.9, WeightDecay = 0.01 },
    };

    // By what the rates above are multiplied.
    private static readonly Dictionary<string, double> Factors = new()
    {
        ["resnet18/sgd"] = 0.05,
        ["resnet18/adamw"] = 0.2,
        ["inception_v3/sgd"] = 0.01,
        ["inception_v3/adamw"] = 0.1,
    };

    private const double FrozenFactor = 50;

    private static readonly Dictionary<string, LearningRateSchedule> Schedules = new()
    {
        ["cosine"] = new LearningRateSchedule.Cosine { Final = 0.05 },
        ["steps"] = new LearningRateSchedule.Steps { Parts = 3, Gamma = 0.3 },
        ["one_cycle"] = new LearningRateSchedule.OneCycle(),
    };

    public static TheoryData<string> Cases => [.. Expected.Cases.Keys.Where(name => !IsDouble(name) && !IsMixed(name))];

    public static TheoryData<string> MixedCases => [.. Expected.Cases.Keys.Where(IsMixed)];

    // One shows that heads count; what another optimizer makes of the gradients, smaller networks show.
    public static TheoryData<string> DoubleCases => [.. Expected.Cases.Keys.Where(IsDouble).Take(Catalogue.IsWhole ? int.MaxValue : 1)];

    public static TheoryData<string> ScheduleNames => [.. Expected.Schedules.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Steps_have_the_losses_of_Python(string name) => Compare(name, Tolerance);

    [BFloat16Theory]
    [MemberData(nameof(MixedCases))]
    public Task Steps_in_mixed_precision_have_the_losses_of_Pythons_autocast(string name) => Compare(name, MixedTolerance);

    // All twenty steps take minutes.
    [Theory]
    [MemberData(nameof(DoubleCases))]
    public Task Steps_of_large_networks_have_the_losses_of_Python(string name) => Compare(name, DoubleTolerance, Catalogue.IsWhole ? int.MaxValue : 2);

    private static async Task Compare(string name, double tolerance, int most = int.MaxValue)
    {
        var (expected, parts) = (Expected.Cases[name], name.Split('/'));
        var (build, batchSize, side, steps) = Networks[parts[0]];
        using var scope = NewDisposeScope();
        manual_seed(0);
        using var network = build();
        if (IsDouble(name)) network.to(ScalarType.Float64);
        Calm(network);
        manual_seed(1);
        var images = Draw(batchSize * steps, side);
        var (training, validation) = (new TensorDataset(images), new TensorDataset(Draw(batchSize, side)));
        var (losses, rates) = (new List<double>(), new List<double>());
        using var cancellation = new CancellationTokenSource();
        var preset = new ImagePreset { ResizeSize = [side], CropSize = [side] };
        var trainer = new Trainer(network, preset, Recipe(parts[2], steps, Optimizers[parts[1]], Factors.GetValueOrDefault($"{parts[0]}/{parts[1]}", 1)) with { BatchSize = batchSize })
        {
            StepDone = (_, loss, rate) =>
            {
                losses.Add(loss);
                rates.Add(rate);
                if (losses.Count == most) cancellation.Cancel();
            },
        };

        var result = await trainer.FitAsync(training, validation, cancellation: cancellation.Token);

        Assert.Equal(Epochs * steps, expected.Losses.Length);
        AssertClose(expected.Rates[..Math.Min(most, Epochs * steps)], rates, 1e-9, "learning rate");
        AssertClose(expected.Losses[..Math.Min(most, Epochs * steps)], losses, tolerance, "loss of step");
        // What is measured has 32 bits in any case.
        AssertClose(expected.Evaluated[..result.History.Count], [.. result.History.Select(epoch => epoch.ValidationLoss!.Value)], Math.Max(tolerance, MeasuredTolerance), "loss in evaluation after epoch");
        Assert.Equal(most < int.MaxValue ? 0 : Epochs, result.History.Count);
    }

    [Theory]
    [MemberData(nameof(ScheduleNames))]
    public void Schedules_after_a_warm_up_have_the_learning_rates_of_Python(string name)
    {
        var expected = Expected.Schedules[name];
        var (warmup, schedule) = (new Warmup(Initial: 0.1), Schedules[name]);

        for (var step = 0; step < expected.Length; step++)
            Assert.Equal(expected[step], warmup.FactorAt(step, WarmUp) ?? schedule.FactorAt(step - WarmUp, expected.Length - WarmUp), 1e-9);
    }

    private static ModelOptions Options() => new() { NumClasses = Classes };

    // Keeps residual blocks near the identity: fresh ones with batch norm magnify rounding tenfold from step to step.
    private static void Calm(NeuralModule network)
    {
        using var ungraded = no_grad();
        foreach (var (name, parameter) in network.named_parameters())
        {
            if (name.EndsWith(".bn2.weight", StringComparison.Ordinal)) parameter.fill_(0.2f);
        }
    }

    private static bool IsMixed(string name) => name.EndsWith("/mixed", StringComparison.Ordinal);

    private static bool IsDouble(string name) => name.StartsWith(Doubles, StringComparison.Ordinal);

    // Of the truncated normal distribution libtorch's builds have different last bits.
    private static Block Redrawn(Block network)
    {
        manual_seed(2);
        using var ungraded = no_grad();
        foreach (var (name, parameter) in network.named_parameters().OrderBy(entry => entry.name, StringComparer.Ordinal))
        {
            if (parameter.dim() > 1) parameter.normal_(0, 1 / Math.Sqrt(parameter[0].NumberOfElements));
            else if (name.EndsWith("fc.bias", StringComparison.Ordinal)) parameter.zero_();
        }
        return network;
    }

    // Squares of eight pixels, with noise.
    private static Tensor Draw(int count, int side)
    {
        var squares = randn(count, 3, (side / 8) + 1, (side / 8) + 1).repeat_interleave(8, 2).repeat_interleave(8, 3);
        return squares[.., .., ..side, ..side] + rand(count, 3, side, side);
    }

    private static TrainingOptions Recipe(string variant, int steps, Optimizer optimizer, double factor)
    {
        optimizer = optimizer with { LearningRate = optimizer.LearningRate * (variant == "frozen" ? FrozenFactor : factor) };
        var recipe = new TrainingOptions { Epochs = Epochs, Optimizer = optimizer, Schedule = new LearningRateSchedule.Constant(), Seed = 3, AuxiliaryWeight = 0.4 };
        return variant switch
        {
            "plain" => recipe,
            "mixed" => recipe with { Precision = TrainingPrecision.BFloat16 },
            "average" => recipe with { Average = new(0.8) },
            "frozen" => recipe with { Freeze = ["body"] },
            "groups" => recipe with
            {
                Rules = [new("head", LearningRateFactor: 10)],
                DecayNormsAndBiases = false,
                Average = new(0.8, Every: 3),
                Warmup = new((double)(steps / 2) / steps, 0.1),
                Schedule = new LearningRateSchedule.Cosine(),
            },
            _ => throw new ArgumentOutOfRangeException(nameof(variant), variant, "There is no such variant."),
        };
    }

    private static void AssertClose(double[] expected, List<double> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Count);
        foreach (var (place, (value, got)) in expected.Zip(actual).Index())
            Assert.True(Math.Abs(got - value) <= tolerance * value, $"{what} {place + 1}: expected {value}, got {got}");
    }

    private sealed record Golden(Dictionary<string, Case> Cases, Dictionary<string, double[]> Schedules);

    private sealed record Case(double[] Losses, double[] Rates, double[] Evaluated);

    /// <summary>Inputs of a network, with the classes in turn.</summary>
    private sealed class TensorDataset(Tensor images) : IDataset
    {
        public int Count => (int)images.size(0);

        public IReadOnlyList<string> Classes { get; } = [.. Enumerable.Range(0, FineTuningGoldenTests.Classes).Select(number => $"class {number}")];

        public LabelledImage Get(int index) => new(ImageSource.FromTensor(images[index]), index % FineTuningGoldenTests.Classes);
    }
}
