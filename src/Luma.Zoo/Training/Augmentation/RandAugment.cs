using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Changes the image in a few ways out of fourteen, all equally strong.</summary>
/// <remarks>torchvision's <c>RandAugment</c>: Cubuk et al., "RandAugment: Practical automated data augmentation with a reduced search space" (2019).</remarks>
public sealed record RandAugment : ImageAugmentation
{
    /// <summary>How many ways one after the other.</summary>
    public int NumOps { get; init; } = 2;

    /// <summary>How strong, from 0 to <see cref="NumMagnitudeBins"/> - 1.</summary>
    public int Magnitude { get; init; } = 9;

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
        foreach (var step in Draw(image.Width, image.Height, random)) image = AutomaticSpace.Apply(image, step, Interpolation, Fill);
        return image;
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Limits.Between(NumOps, 0, 100, nameof(NumOps));
        Limits.Between(NumMagnitudeBins, 2, 1000, nameof(NumMagnitudeBins));
        Limits.Between(Magnitude, 0, NumMagnitudeBins - 1, nameof(Magnitude));
        Limits.Known(Interpolation, nameof(Interpolation));
    }

    internal AutomaticStep[] Draw(int width, int height, SampleRandom random)
    {
        var space = AutomaticSpace.OfImage(width, height);
        var steps = new AutomaticStep[NumOps];
        for (var i = 0; i < steps.Length; i++)
        {
            var operation = (AutomaticOperation)random.Next(AutomaticSpace.Count);
            var strength = space.StrengthOf(operation, Magnitude, NumMagnitudeBins);
            steps[i] = new(operation, AutomaticSpace.IsSigned(operation) && random.Next(2) == 1 ? -strength : strength);
        }
        return steps;
    }
}
