namespace Luma.Zoo.Training;

/// <summary>How far a training is.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Epochs">How many epochs there are.</param>
/// <param name="Step">How many steps of the epoch are done.</param>
/// <param name="Steps">How many steps an epoch has.</param>
/// <param name="Loss">The mean loss of the epoch so far.</param>
/// <param name="LearningRate">The learning rate of the last step.</param>
/// <param name="Validation">What the weights do on the validation images: at the end of each epoch, if there are such images.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, int Step, int Steps, double Loss, double LearningRate, Evaluation? Validation);

/// <summary>How well a network classifies a data set.</summary>
/// <param name="Count">How many images the set has.</param>
/// <param name="Correct">How many of them got their label.</param>
/// <param name="Loss">The mean cross entropy, in nats.</param>
public sealed record Evaluation(int Count, int Correct, double Loss)
{
    /// <summary>The part of the images that got their label, from 0 to 1.</summary>
    public double Accuracy => (double)Correct / Count;
}

/// <summary>What came of a training.</summary>
/// <param name="Epochs">How many epochs were finished.</param>
/// <param name="BestEpoch">
/// After which of them the network had the weights that it has now; 0 if none was finished, and it has those of its last step.
/// </param>
/// <param name="Best">What these weights do on the validation images, if there are such images.</param>
/// <param name="Loss">The mean training loss of the last finished epoch; NaN if there is none.</param>
/// <param name="Cancelled">Whether it ended early because it was asked to.</param>
public sealed record TrainingResult(int Epochs, int BestEpoch, Evaluation? Best, double Loss, bool Cancelled)
{
    /// <summary>How many steps were taken, in all epochs.</summary>
    public long Steps { get; init; }
}

/// <summary>
/// The loss of a training is no longer a number, on the training or on the validation images: the learning rate is too high, or the
/// inputs are not finite.
/// </summary>
/// <param name="epoch">The epoch in which that was seen, from 1.</param>
/// <param name="step">The step of that epoch, from 1.</param>
/// <param name="validation">Whether it was seen on the validation images.</param>
public sealed class TrainingDivergedException(int epoch, int step, bool validation = false) : Exception(
    $"The {(validation ? "validation " : "")}loss is no longer finite at step {step} of epoch {epoch}. Lower the learning rate, or check that the inputs are finite. The network has its best weights up to then.")
{
    /// <summary>The epoch in which it was seen, from 1.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>The step of that epoch, from 1.</summary>
    public int Step { get; } = step;
}
