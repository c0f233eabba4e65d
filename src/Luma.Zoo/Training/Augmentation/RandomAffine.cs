using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Turns the image around its centre, moves, scales and shears it.</summary>
/// <remarks>torchvision's <c>RandomAffine</c>.</remarks>
public sealed record RandomAffine : ImageAugmentation
{
    /// <summary>The angle in degrees, clockwise. As JSON one number is so much either way.</summary>
    [JsonConverter(typeof(ValueRange.EitherWay))]
    public required ValueRange Degrees { get; init; }

    /// <summary>How far the image is moved at most.</summary>
    public ShiftLimits Translate { get; init; }

    /// <summary>How much larger the image becomes; above 0.</summary>
    public ValueRange Scale { get; init; } = (1, 1);

    /// <summary>How far the image leans, in degrees.</summary>
    public ShearRanges Shear { get; init; }

    /// <summary>How pixels come from their neighbours.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Nearest;

    /// <summary>The colour of what lies beyond the image.</summary>
    public FillColor Fill { get; init; }

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        var (angle, translate, scale, shear) = Draw(image.Width, image.Height, random);
        return Geometry.Affine(image, angle, translate, scale, shear, Interpolation, Fill);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Limits.Degrees(Degrees, nameof(Degrees));
        Limits.Between(Translate.Across, 0, 1, nameof(Translate));
        Limits.Between(Translate.Down, 0, 1, nameof(Translate));
        Scale.Validate(nameof(Scale), 0, above: true);
        Limits.Degrees(Shear.Across, nameof(Shear));
        Limits.Degrees(Shear.Down, nameof(Shear));
        Limits.Known(Interpolation, nameof(Interpolation));
    }

    internal (double Angle, (int X, int Y) Translate, double Scale, (double X, double Y) Shear) Draw(int width, int height, SampleRandom random)
    {
        var angle = Degrees.Draw(random);
        var translate = Translate == default ? default : (Shift(Translate.Across * width), Shift(Translate.Down * height));
        var scale = Scale == (1, 1) ? 1 : Scale.Draw(random);
        var across = Shear.Across == default && Shear.Down == default ? 0 : Shear.Across.Draw(random);
        return (angle, translate, scale, (across, Shear.Down == default ? 0 : Shear.Down.Draw(random)));

        int Shift(double most) => (int)Math.Round(random.NextDouble(-most, most));
    }
}
