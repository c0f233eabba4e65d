using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Models;
using Luma.Zoo.Training;

namespace Luma.Zoo.Tests.Training;

/// <summary>Training steps and schedules against Python: see scripts/goldens_training.py.</summary>
public class TrainingGoldenTests
{
    private const double Tolerance = 1e-5;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly Golden Expected = JsonSerializer.Deserialize<Golden>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "training.json")), Json)!;

    private static readonly Dictionary<string, (Optimizer Optimizer, double Smoothing)> Optimizers = new()
    {
        ["sgd"] = (new Optimizer.Sgd { LearningRate = 0.05 }, 0),
        ["sgd_nesterov"] = (new Optimizer.Sgd { LearningRate = 0.05, Momentum = 0.9, Nesterov = true, WeightDecay = 1e-3 }, 0.1),
        ["adam"] = (new Optimizer.Adam { LearningRate = 0.002, Beta1 = 0.8, Beta2 = 0.99, Epsilon = 1e-6, WeightDecay = 1e-3 }, 0),
        ["adamw"] = (new Optimizer.Adam { LearningRate = 0.002, Epsilon = 1e-6, WeightDecay = 1e-2, Decoupled = true }, 0.05),
    };

    private static readonly Dictionary<string, LearningRateSchedule> Schedules = new()
    {
        ["steps"] = new LearningRateSchedule.Steps { Parts = 4, Gamma = 0.5 },
        ["cosine"] = new LearningRateSchedule.Cosine { Final = 0.1 },
        ["one_cycle"] = new LearningRateSchedule.OneCycle { Rise = 0.25, Initial = 0.1, Final = 0.1 / 100 },
    };

    public static TheoryData<string> OptimizerNames => [.. Optimizers.Keys];

    public static TheoryData<string> ScheduleNames => [.. Schedules.Keys];

    [Theory]
    [MemberData(nameof(OptimizerNames))]
    public void Steps_have_the_loss_the_gradients_and_the_weights_of_Python(string name)
    {
        var (optimizer, smoothing) = Optimizers[name];
        manual_seed(0);
        using var scope = NewDisposeScope();
        using var model = new LeNet_5();
        var (inputs, labels) = (rand(16, 1, 32, 32), arange(16).remainder(10));
        TorchSharp.Modules.Parameter[] parameters = [.. model.parameters()];
        using var updates = optimizer.Create([new ParameterGroup(parameters, optimizer.LearningRate, optimizer.WeightDecay)]);
        var step = new TrainingStep(model, new TrainingOptions(), new TrainingLoss.CrossEntropy { LabelSmoothing = smoothing }, updates, parameters);

        foreach (var (expected, number) in Expected.Optimizers[name].Select((taken, i) => (taken, i + 1)))
        {
            var loss = step.Run(() => step.Forward(inputs), labels, isLast: true);

            Assert.InRange(loss, expected.Loss * (1 - Tolerance), expected.Loss * (1 + Tolerance));
            AssertClose(expected.Gradients, model, parameter => parameter.grad!, $"gradient after step {number}");
            AssertClose(expected.Weights, model, parameter => parameter, $"weights after step {number}");
        }
    }

    [Theory]
    [MemberData(nameof(ScheduleNames))]
    public void Schedules_have_the_factors_of_Python(string name)
    {
        var expected = Expected.Schedules[name];

        for (var step = 0; step < expected.Length; step++)
            Assert.Equal(expected[step], Schedules[name].FactorAt(step, expected.Length), 1e-9);
    }

    [Fact]
    public void The_goldens_and_the_tests_name_the_same_cases()
    {
        Assert.Equal(Expected.Optimizers.Keys.Order(), Optimizers.Keys.Order());
        Assert.Equal(Expected.Schedules.Keys.Order(), Schedules.Keys.Order());
    }

    // Relative to the tensor's largest element, as rounding is: an element near zero is a difference of larger numbers.
    private static void AssertClose(Dictionary<string, Digest> expected, NeuralModule model, Func<Tensor, Tensor> pick, string what)
    {
        foreach (var (name, parameter) in model.named_parameters())
        {
            using var scope = NewDisposeScope();
            var tensor = pick(parameter).detach().flatten();
            var (norm, largest) = (tensor.to(float64).norm().item<double>(), tensor.abs().max().item<float>());
            var digest = expected[name];

            Assert.InRange(norm, digest.Norm * (1 - Tolerance), digest.Norm * (1 + Tolerance));
            foreach (var (place, value) in digest.Places.Zip(digest.Values))
            {
                var actual = tensor[place].item<float>();
                Assert.True(Math.Abs(actual - value) <= Tolerance * largest, $"{what}, {name}[{place}]: expected {value}, got {actual}");
            }
        }
    }

    private sealed record Golden(Dictionary<string, Taken[]> Optimizers, Dictionary<string, double[]> Schedules);

    private sealed record Taken(double Loss, Dictionary<string, Digest> Gradients, Dictionary<string, Digest> Weights);

    private sealed record Digest(double Norm, long[] Places, double[] Values);
}
