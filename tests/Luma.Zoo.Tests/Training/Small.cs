using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Training;

namespace Luma.Zoo.Tests.Training;

/// <summary>Small networks for <see cref="Bars"/>, the same each time, and how they are trained.</summary>
internal static class Small
{
    public static readonly TrainingOptions Quick = new()
    {
        Epochs = 3,
        BatchSize = 16,
        Optimizer = new Optimizer.Sgd { LearningRate = 0.02, Momentum = 0.9 },
        Seed = 1,
    };

    public static Sequence Linear() => Seeded(() => new Sequence { new Flatten(), new Dense(256, 10) });

    /// <summary>A body and a head, with all that draws at random or has statistics.</summary>
    public static Sequence Deep() => Seeded(() => new Sequence
    {
        new Flatten(), { "trunk", new Dense(256, 24) }, { "norm", new BatchNorm1D(24) }, new Tanh(), new Dropout(0.3), { "middle", new Dense(24, 20) }, new Tanh(), { "head", new Dense(20, 10) },
    });

    public static T Seeded<T>(Func<T> make)
    {
        manual_seed(3);
        return make();
    }

    public static float[] WeightsOf(NeuralModule model, string prefix = "") =>
        [.. model.state_dict().Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).SelectMany(entry => entry.Value.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray())];
}
