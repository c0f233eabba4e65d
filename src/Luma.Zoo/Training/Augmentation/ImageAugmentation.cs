using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Changes a decoded image at random in ways that leave its label true, as torchvision's transforms of PIL images do.</summary>
[JsonConverter(typeof(ImageKinds))]
public abstract record ImageAugmentation
{
    /// <summary>Changes an image.</summary>
    /// <param name="image">The image, which stays as it is.</param>
    /// <param name="random">What all randomness is drawn from.</param>
    /// <returns>The changed image, or the same one.</returns>
    public abstract DecodedImage Apply(DecodedImage image, SampleRandom random);

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the exception names it.</exception>
    public virtual void Validate()
    {
    }
}
