namespace Luma.Zoo.Training;

/// <summary>What came of an epoch.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Steps">How many steps were taken, in all epochs up to here.</param>
/// <param name="LearningRate">The learning rate of its last step, before the factors of groups.</param>
/// <param name="Loss">The mean loss over the training images while they were learnt.</param>
public sealed record EpochRecord(int Epoch, long Steps, double LearningRate, double Loss)
{
    /// <summary>The mean loss over the validation images, or null without such.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>The share of the validation images that were right, from 0 to 1.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The share of the validation images whose label is among the first five.</summary>
    public double? Top5Accuracy { get; init; }

    /// <summary>The mean average precision over the validation images, where an image has several classes at once.</summary>
    public double? MeanAveragePrecision { get; init; }

    /// <summary>How many training images went through the network in a second.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>Whether these weights are better than those of every epoch before.</summary>
    public bool IsBest { get; init; }

    /// <summary>What tells which epoch has the better weights.</summary>
    internal double? Score => MeanAveragePrecision ?? Accuracy;

    internal bool IsBetterThan(EpochRecord? other) =>
        other is null || Score is null || Score > other.Score || (Score == other.Score && ValidationLoss < other.ValidationLoss);
}
