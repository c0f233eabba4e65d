namespace Luma.Zoo.Training;

/// <summary>How well a network knows a class. All shares are from 0 to 1, and NaN where there is nothing to divide by.</summary>
/// <param name="Name">The class.</param>
/// <param name="Count">How many images have it.</param>
/// <param name="Predicted">How many images the network took for it.</param>
/// <param name="Correct">How many of these have it.</param>
public sealed record ClassEvaluation(string Name, int Count, int Predicted, int Correct)
{
    /// <summary>The share of what was taken for the class that is of it.</summary>
    public double Precision => (double)Correct / Predicted;

    /// <summary>The share of what is of the class that was taken for it.</summary>
    public double Recall => (double)Correct / Count;

    /// <summary>The harmonic mean of precision and recall.</summary>
    public double F1 => 2.0 * Correct / (Count + Predicted);

    /// <summary>
    /// The mean of the precisions at each image of the class, when all images are ordered by how likely they are to have it; where an image has
    /// several classes at once, null elsewhere.
    /// </summary>
    public double? AveragePrecision { get; init; }
}
