using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Resizes the image, with nothing at random in it.</summary>
/// <remarks>torchvision's <c>Resize</c>.</remarks>
public sealed record Resize : ImageAugmentation
{
    /// <summary>
    /// The size of the result. A height of 0 leaves it to the width how long the sides become: the shorter one gets that length, the longer
    /// one follows. As JSON that is one number, and both are <c>[height, width]</c>.
    /// </summary>
    [JsonConverter(typeof(ShorterSide))]
    public required ImageSize Size { get; init; }

    /// <summary>The filter; shrinking is always antialiased.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>Makes one that gives the shorter side a length, and lets the longer one follow.</summary>
    /// <param name="shorter">The length in pixels.</param>
    /// <returns>The augmentation.</returns>
    public static Resize ShorterTo(int shorter) => new() { Size = new(0, shorter) };

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Geometry.Resize(image, Target(image.Width, image.Height), Interpolation);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        (Size.Height == 0 ? Size.Width : Size).Validate(nameof(Size));
        Limits.Known(Interpolation, nameof(Interpolation));
    }

    internal ImageSize Target(int width, int height)
    {
        if (Size.Height > 0) return Size;

        // What the image's longer side becomes is cut off, as torchvision does; what would be nothing, one pixel.
        var (shorter, longer) = (Math.Min(width, height), Math.Max(width, height));
        var follows = (long)((double)((long)Size.Width * longer) / shorter);
        if (follows * Size.Width > Array.MaxLength / DecodedImage.BytesPerPixel)
            throw new ImageException(null, $"{width} by {height} pixels are too long and narrow to resize");
        return width <= height ? new((int)follows, Size.Width) : new(Size.Width, (int)follows);
    }

    internal sealed class ShorterSide() : NumbersConverter<ImageSize>("the length of the shorter side in pixels or [height, width]")
    {
        protected override ImageSize? FromNumbers(double[] numbers) => numbers.All(number => number == (int)number && number >= 1)
            ? numbers switch
            {
                [var shorter] => new(0, (int)shorter),
                [var height, var width] => new((int)height, (int)width),
                _ => null,
            }
            : null;

        protected override double[] ToNumbers(ImageSize value) => value.Height == 0 ? [value.Width] : [value.Height, value.Width];
    }
}
