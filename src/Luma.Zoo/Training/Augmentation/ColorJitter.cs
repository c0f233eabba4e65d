using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Changes brightness, contrast, saturation and hue, in random order.</summary>
/// <remarks>
/// torchvision's <c>ColorJitter</c>. As JSON a range may be one number: so much either way of 1, or of 0 for the hue.
/// </remarks>
public sealed record ColorJitter : ImageAugmentation
{
    private const int Steps = 4;

    /// <summary>Makes one that changes nothing until its ranges are given.</summary>
    [JsonConstructor]
    public ColorJitter()
    {
    }

    /// <summary>Makes one as torchvision does with one number each.</summary>
    /// <param name="brightness">How far the factor of the brightness may be from 1; it does not fall below 0.</param>
    /// <param name="contrast">How far the factor of the contrast may be from 1; it does not fall below 0.</param>
    /// <param name="saturation">How far the factor of the saturation may be from 1; it does not fall below 0.</param>
    /// <param name="hue">How far the hue may be turned either way, in parts of the whole circle; 0.5 at most.</param>
    public ColorJitter(double brightness, double contrast = 0, double saturation = 0, double hue = 0) =>
        (Brightness, Contrast, Saturation, Hue) = (
            ValueRange.AroundOne.Of(brightness), ValueRange.AroundOne.Of(contrast), ValueRange.AroundOne.Of(saturation), (-hue, hue));

    /// <summary>The factor of the brightness: 0 gives black, 1 the image.</summary>
    [JsonConverter(typeof(ValueRange.AroundOne))]
    public ValueRange Brightness { get; init; } = (1, 1);

    /// <summary>The factor of the contrast: 0 gives a flat grey, 1 the image.</summary>
    [JsonConverter(typeof(ValueRange.AroundOne))]
    public ValueRange Contrast { get; init; } = (1, 1);

    /// <summary>The factor of the saturation: 0 gives greys, 1 the image.</summary>
    [JsonConverter(typeof(ValueRange.AroundOne))]
    public ValueRange Saturation { get; init; } = (1, 1);

    /// <summary>How far the hue is turned, in parts of the whole circle, from -0.5 to 0.5.</summary>
    [JsonConverter(typeof(ValueRange.EitherWay))]
    public ValueRange Hue { get; init; }

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        return Apply(image, Draw(random));
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Brightness.Validate(nameof(Brightness), 0);
        Contrast.Validate(nameof(Contrast), 0);
        Saturation.Validate(nameof(Saturation), 0);
        Hue.Validate(nameof(Hue), -0.5, 0.5);
    }

    /// <summary>Draws the order of the steps, and the value of each; null where there is nothing to change.</summary>
    internal (int[] Order, double?[] Values) Draw(SampleRandom random)
    {
        var order = random.NextOrder(Steps);
        return (order, [Factor(Brightness), Factor(Contrast), Factor(Saturation), Hue == default ? null : Hue.Draw(random)]);

        double? Factor(ValueRange range) => range == (1, 1) ? null : range.Draw(random);
    }

    // All steps in one array, since each would otherwise leave one behind.
    private static DecodedImage Apply(DecodedImage image, (int[] Order, double?[] Values) drawn)
    {
        byte[]? pixels = null;
        foreach (var step in drawn.Order)
        {
            if (drawn.Values[step] is not { } value) continue;

            var source = pixels ?? image.Pixels;
            pixels ??= GC.AllocateUninitializedArray<byte>(image.Pixels.Length);
            switch (step)
            {
                case 0:
                    Adjust.Brightness(source, pixels, value);
                    break;
                case 1:
                    Adjust.Contrast(source, pixels, value);
                    break;
                case 2:
                    Adjust.Saturation(source, pixels, value);
                    break;
                default:
                    Adjust.Hue(source, pixels, value);
                    break;
            }
        }
        return pixels is null ? image : new DecodedImage(image.Width, image.Height, pixels);
    }
}
