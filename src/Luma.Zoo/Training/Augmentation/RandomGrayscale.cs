using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Makes the image grey, or leaves it as it is.</summary>
/// <remarks>torchvision's <c>RandomGrayscale</c>.</remarks>
public sealed record RandomGrayscale : ImageAugmentation
{
    /// <summary>How likely the image becomes grey, from 0 to 1.</summary>
    [JsonPropertyName("p")]
    public double Probability { get; init; } = 0.1;

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        return random.Happens(Probability) ? Adjust.Grayscale(image) : image;
    }

    /// <inheritdoc/>
    public override void Validate() => Limits.Probability(Probability, nameof(Probability));
}
