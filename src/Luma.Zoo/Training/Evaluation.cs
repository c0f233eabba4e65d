using Luma.Zoo.Inference;

namespace Luma.Zoo.Training;

/// <summary>How well a network classifies a data set. All shares are from 0 to 1.</summary>
public sealed record Evaluation
{
    /// <summary>Whether an image has one class of many, or several at once.</summary>
    public ClassificationTask Task { get; init; }

    /// <summary>How many images were classified.</summary>
    public required int Count { get; init; }

    /// <summary>How many of them got their label first; where an image has several classes, how many got exactly these.</summary>
    public required int Correct { get; init; }

    /// <summary>The mean cross entropy in nats, binary where an image has several classes at once.</summary>
    public required double Loss { get; init; }

    /// <summary>The share of the images that got their label first, or exactly their classes.</summary>
    public double Accuracy => (double)Correct / Count;

    /// <summary>The share of the images whose label is among the first five; of fewer classes, all. Null where an image has several classes at once.</summary>
    public double? Top5Accuracy { get; init; }

    /// <summary>The mean over the classes of the average precision, where an image has several classes at once; null elsewhere.</summary>
    public double? MeanAveragePrecision { get; init; }

    /// <summary>
    /// How far the network's confidence is from its accuracy on average, over 15 bins of equal width: Guo et al., "On Calibration of Modern Neural
    /// Networks" (2017), equation 3. Null where an image has several classes at once.
    /// </summary>
    public double? CalibrationError { get; init; }

    /// <summary>What was measured of each class, in their order.</summary>
    public IReadOnlyList<ClassEvaluation> Classes { get; init; } = [];

    /// <summary>
    /// How many images of each class (the first index) were taken for each class (the second). Empty where an image has several classes at once.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> Confusion { get; init; } = [];

    /// <summary>The images of which the network was most wrongly sure, the worst first.</summary>
    public IReadOnlyList<Mistake> Mistakes { get; init; } = [];

    /// <summary>The images that could not be read, with the reason.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];

    /// <summary>What tells which of two evaluations is the better one: mean average precision where there is one, else accuracy.</summary>
    internal double Score => MeanAveragePrecision ?? Accuracy;

    /// <summary>Whether this is better than another: by its score, and of equal ones by its loss.</summary>
    internal bool IsBetterThan(Evaluation? other) => other is null || Score > other.Score || (Score == other.Score && Loss < other.Loss);
}
