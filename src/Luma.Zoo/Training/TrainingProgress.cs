namespace Luma.Zoo.Training;

/// <summary>How far a training is.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Epochs">How many epochs there are.</param>
/// <param name="Step">How many batches of the epoch are done.</param>
/// <param name="Steps">How many batches an epoch has.</param>
/// <param name="Loss">The mean loss of the epoch so far.</param>
/// <param name="LearningRate">The learning rate of the last step, before the factors of groups.</param>
public sealed record TrainingProgress(int Epoch, int Epochs, int Step, int Steps, double Loss, double LearningRate)
{
    /// <summary>How many images go through the network in a second, of late.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>What came of the epoch, at its end; null before that.</summary>
    public EpochRecord? Finished { get; init; }

    /// <summary>The best epoch so far, or null.</summary>
    public EpochRecord? Best { get; init; }
}
