using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Adds a border and cuts out a part of fixed size at a random place.</summary>
/// <remarks>torchvision's <c>RandomCrop</c> with a border of one colour.</remarks>
public sealed record RandomCrop : ImageAugmentation
{
    /// <summary>The size of the result.</summary>
    public required ImageSize Size { get; init; }

    /// <summary>The border that is added before.</summary>
    public Border Padding { get; init; }

    /// <summary>Whether an image that is too small even with its border gets a wider one on both sides, rather than being refused.</summary>
    public bool PadIfNeeded { get; init; }

    /// <summary>The colour of the border.</summary>
    public FillColor Fill { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ImageException">The image is smaller than the result, and <see cref="PadIfNeeded"/> is off.</exception>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(random);
        return Geometry.Crop(image, Draw(image.Width, image.Height, random), Fill);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Size.Validate(nameof(Size));
        Padding.Validate(nameof(Padding));
    }

    /// <summary>Where the result lies in the image; parts of it may lie outside.</summary>
    internal Window Draw(int width, int height, SampleRandom random)
    {
        var (left, across) = Pad(Padding.Left, width, Padding.Right, Size.Width);
        var (above, down) = Pad(Padding.Top, height, Padding.Bottom, Size.Height);
        if (across < Size.Width || down < Size.Height)
        {
            throw new ImageException(
                null, $"{width} by {height} pixels are too few to cut out {Size.Width} by {Size.Height}; resize it before, or set pad_if_needed");
        }

        var top = random.Next(down - Size.Height + 1);
        return new Window(random.Next(across - Size.Width + 1) - left, top - above, Size.Width, Size.Height);
    }

    private (int Before, int Padded) Pad(int before, int size, int after, int wanted)
    {
        var padded = before + size + after;
        var more = PadIfNeeded ? Math.Max(wanted - padded, 0) : 0;
        return (before + more, padded + (2 * more));
    }
}
