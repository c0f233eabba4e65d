using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Swaps above and below, or leaves the image as it is.</summary>
/// <remarks>torchvision's <c>RandomVerticalFlip</c>.</remarks>
public sealed record RandomVerticalFlip : ImageAugmentation
{
    /// <summary>How likely the image is flipped, from 0 to 1.</summary>
    [JsonPropertyName("p")]
    public double Probability { get; init; } = 0.5;

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        return random.Happens(Probability) ? Geometry.FlipVertical(image) : image;
    }

    /// <inheritdoc/>
    public override void Validate() => Limits.Probability(Probability, nameof(Probability));
}
