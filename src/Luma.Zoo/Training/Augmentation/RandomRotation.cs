using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Turns the image around its centre.</summary>
/// <remarks>torchvision's <c>RandomRotation</c>.</remarks>
public sealed record RandomRotation : ImageAugmentation
{
    /// <summary>The angle in degrees, counterclockwise. As JSON one number is so much either way.</summary>
    [JsonConverter(typeof(ValueRange.EitherWay))]
    public required ValueRange Degrees { get; init; }

    /// <summary>How pixels come from their neighbours.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Nearest;

    /// <summary>Whether the result is so large that all of the image is on it, rather than as large as the image.</summary>
    public bool Expand { get; init; }

    /// <summary>The colour of what lies beyond the image.</summary>
    public FillColor Fill { get; init; }

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        return Geometry.Rotate(image, Degrees.Draw(random), Interpolation, Expand, Fill);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Limits.Degrees(Degrees, nameof(Degrees));
        Limits.Known(Interpolation, nameof(Interpolation));
    }
}
