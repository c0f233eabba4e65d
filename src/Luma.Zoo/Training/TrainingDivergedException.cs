using System.Globalization;

namespace Luma.Zoo.Training;

/// <summary>
/// The loss of a training is no longer a number, on the training or on the validation images: the learning rate is too high, or the
/// inputs are not finite.
/// </summary>
/// <param name="epoch">The epoch in which that was seen, from 1.</param>
/// <param name="step">The step of that epoch, from 1.</param>
/// <param name="learningRate">The learning rate of that step.</param>
/// <param name="validation">Whether it was seen on the validation images.</param>
/// <param name="hasBest">Whether an epoch was finished before, whose weights the network has.</param>
public sealed class TrainingDivergedException(int epoch, int step, double learningRate, bool validation = false, bool hasBest = true) : Exception(
    string.Create(
        CultureInfo.InvariantCulture,
        $"The {(validation ? "validation " : "")}loss is no longer finite at step {step} of epoch {epoch}, with a learning rate of {learningRate:G4}. Lower the learning rate, or check that the inputs are finite. {(hasBest ? "The network has its best weights up to then." : "No epoch was finished before.")}"))
{
    /// <summary>The epoch in which it was seen, from 1.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>The step of that epoch, from 1.</summary>
    public int Step { get; } = step;

    /// <summary>The learning rate of that step.</summary>
    public double LearningRate { get; } = learningRate;
}
