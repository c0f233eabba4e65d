using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Changes the image in one way out of fourteen, as strong as chance will have it.</summary>
/// <remarks>torchvision's <c>TrivialAugmentWide</c>: Müller and Hutter, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation" (2021).</remarks>
public sealed record TrivialAugmentWide : ImageAugmentation
{
    /// <summary>How many strengths there are; 2 or more.</summary>
    public int NumMagnitudeBins { get; init; } = 31;

    /// <summary>How pixels come from their neighbours.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Nearest;

    /// <summary>The colour of what lies beyond the image.</summary>
    public FillColor Fill { get; init; }

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        return AutomaticSpace.Apply(image, Draw(random), Interpolation, Fill);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Limits.Between(NumMagnitudeBins, 2, 1000, nameof(NumMagnitudeBins));
        Limits.Known(Interpolation, nameof(Interpolation));
    }

    internal AutomaticStep Draw(SampleRandom random)
    {
        var operation = (AutomaticOperation)random.Next(AutomaticSpace.Count);
        var strength = AutomaticSpace.HasStrength(operation)
            ? AutomaticSpace.Wide.StrengthOf(operation, random.Next(NumMagnitudeBins), NumMagnitudeBins)
            : 0;
        return new(operation, AutomaticSpace.IsSigned(operation) && random.Next(2) == 1 ? -strength : strength);
    }
}
