using Luma.Zoo.Inference;

namespace Luma.Zoo.Training.Data;

/// <summary>How pictures on disk become data sets.</summary>
public sealed record DatasetOptions
{
    /// <summary>
    /// Which part of each class is held out to measure with, where the data have no part of their own for that. At least one picture of
    /// each class, and never all.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>What the held-out pictures are drawn by.</summary>
    public int Seed { get; init; }

    /// <summary>Whether a picture has one class or several at once; by default as the data say.</summary>
    public ClassificationTask? Task { get; init; }

    /// <summary>
    /// The names of the classes in the order of a network's outputs, where they are given already; by default those of the data, in the order of their
    /// characters' codes, as torchvision's ImageFolder has them.
    /// </summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>An order for the classes where the data have just these; otherwise it does not matter.</summary>
    internal IReadOnlyList<string>? PreferredOrder { get; init; }

    /// <summary>Whether pictures with the same bytes are looked for in both parts. That reads all files whose sizes are equal.</summary>
    public bool FindDuplicates { get; init; } = true;

    /// <summary>Throws if an option makes no sense.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the exception names it.</exception>
    public void Validate()
    {
        if (!(ValidationFraction is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(ValidationFraction), ValidationFraction, "The part that is held out must be above 0 and below 1.");
        ArgumentOutOfRangeException.ThrowIfNegative(Seed);
        if (Classes is { Count: 0 }) throw new ArgumentException("There are no classes.", nameof(Classes));
    }
}
