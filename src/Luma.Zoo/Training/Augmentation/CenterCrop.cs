using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Cuts out the centre, with nothing at random in it. A smaller image gets a black border.</summary>
/// <remarks>torchvision's <c>CenterCrop</c>.</remarks>
public sealed record CenterCrop : ImageAugmentation
{
    /// <summary>The size of the result.</summary>
    public required ImageSize Size { get; init; }

    /// <inheritdoc/>
    public override DecodedImage Apply(DecodedImage image, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Geometry.Crop(image, new(Start(image.Width, Size.Width), Start(image.Height, Size.Height), Size.Width, Size.Height), default);
    }

    /// <inheritdoc/>
    public override void Validate() => Size.Validate(nameof(Size));

    // torchvision rounds half to even, and of an odd border the spare line comes after the image.
    private static int Start(int size, int crop) => size < crop ? -((crop - size) / 2) : (int)Math.Round((size - crop) / 2.0);
}
