namespace Luma.Zoo.Training;

/// <summary>How this project trains the networks of which it publishes weights of its own.</summary>
public static class TrainingRecipes
{
    private static readonly TrainingOptions Digits = new()
    {
        Epochs = 25,
        BatchSize = 64,
        Optimizer = new Optimizer.Sgd { LearningRate = 0.05, Momentum = 0.9, Nesterov = true, WeightDecay = 1e-4 },
        Schedule = new LearningRateSchedule.Cosine(),
        Augmentation = new DigitDistortion(),
        HoldOut = 5000,
    };

    /// <summary>The recipe for a model.</summary>
    /// <param name="modelId">The model's id, such as <c>lenet_5</c>.</param>
    /// <returns>Its options; change with <c>with</c> what is to differ.</returns>
    /// <exception cref="ArgumentException">There is no recipe for that model.</exception>
    public static TrainingOptions For(string modelId)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelId);
        return modelId is "lenet_1" or "lenet_4" or "lenet_5"
            ? Digits
            : throw new ArgumentException($"There is no training recipe for '{modelId}'; there is one for lenet_1, lenet_4 and lenet_5.");
    }
}
