using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Changes the image by one of 25 pairs of operations that were learnt on a data set.</summary>
/// <remarks>torchvision's <c>AutoAugment</c>: Cubuk et al., "AutoAugment: Learning Augmentation Policies from Data" (2018).</remarks>
public sealed record AutoAugment : ImageAugmentation
{
    private const int Strengths = 10;

    /// <summary>The data set that the pairs were learnt on.</summary>
    public AutoAugmentPolicy Policy { get; init; }

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
        if (!Enum.IsDefined(Policy)) throw new ArgumentException($"There is no policy {Policy}.", nameof(Policy));
        Limits.Known(Interpolation, nameof(Interpolation));
    }

    internal List<AutomaticStep> Draw(int width, int height, SampleRandom random)
    {
        var space = AutomaticSpace.OfImage(width, height);
        var pairs = PolicyTable.Of(Policy);
        var pair = pairs[random.Next(pairs.Length)];
        var (firstChance, secondChance) = (random.NextDouble(), random.NextDouble());
        var (firstSign, secondSign) = (random.Next(2), random.Next(2));

        var steps = new List<AutomaticStep>(2);
        Add(pair.First, firstChance, firstSign);
        Add(pair.Second, secondChance, secondSign);
        return steps;

        void Add(PolicyTable.Entry entry, double chance, int sign)
        {
            if (chance > entry.Probability) return;

            var strength = space.StrengthOf(entry.Operation, entry.Strength, Strengths);
            steps.Add(new(entry.Operation, AutomaticSpace.IsSigned(entry.Operation) && sign == 0 ? -strength : strength));
        }
    }
}
