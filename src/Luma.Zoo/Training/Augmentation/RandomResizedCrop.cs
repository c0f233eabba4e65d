using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Cuts out a part of random area and aspect ratio, and resizes it.</summary>
/// <remarks>torchvision's <c>RandomResizedCrop</c>: Szegedy et al., "Going Deeper with Convolutions" (2014), section 6.</remarks>
public sealed record RandomResizedCrop : ImageAugmentation
{
    private const int Tries = 10;

    /// <summary>The size of the result.</summary>
    public required ImageSize Size { get; init; }

    /// <summary>How much of the image's area is cut out, from 0 to 1.</summary>
    public ValueRange Scale { get; init; } = (0.08, 1);

    /// <summary>The aspect ratio of what is cut out: width by height.</summary>
    public ValueRange Ratio { get; init; } = (3.0 / 4, 4.0 / 3);

    /// <summary>The filter for resizing; shrinking is always antialiased.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        return Geometry.ResizedCrop(image, Draw(image.Width, image.Height, random), Size, Interpolation);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Size.Validate(nameof(Size));
        Scale.Validate(nameof(Scale), 0, above: true);
        Ratio.Validate(nameof(Ratio), 0, above: true);
        Limits.Known(Interpolation, nameof(Interpolation));
    }

    /// <summary>The same, where no more than the window that <see cref="Draw"/> gives may be there of the image.</summary>
    internal DecodedImage Apply(PixelView image, SampleRandom random) =>
        Geometry.ResizedCrop(image, Draw(image.Width, image.Height, random), Size, Interpolation);

    /// <summary>What is cut out.</summary>
    internal Window Draw(int width, int height, SampleRandom random)
    {
        var area = (double)width * height;
        for (var i = 0; i < Tries; i++)
        {
            var target = area * Scale.Draw(random);
            var ratio = Ratio.DrawFactor(random);
            var w = Math.Round(Math.Sqrt(target * ratio));
            var h = Math.Round(Math.Sqrt(target / ratio));
            if (w > 0 && w <= width && h > 0 && h <= height)
            {
                var top = random.Next(height - (int)h + 1);
                return new Window(random.Next(width - (int)w + 1), top, (int)w, (int)h);
            }
        }

        // As much of the centre as the aspect ratio allows. torchvision fails where that is less than half a pixel.
        var (across, down) = ((double)width / height) switch
        {
            var ratio when ratio < Ratio.Least => (width, Math.Max((int)Math.Round(width / Ratio.Least), 1)),
            var ratio when ratio > Ratio.Greatest => (Math.Max((int)Math.Round(height * Ratio.Greatest), 1), height),
            _ => (width, height),
        };
        return new Window((width - across) / 2, (height - down) / 2, across, down);
    }
}
