using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Mixes the images of a batch, and their labels alike.</summary>
[JsonConverter(typeof(MixingKinds))]
public abstract record BatchMixing
{
    /// <summary>Mixes a batch.</summary>
    /// <param name="inputs">The images as the network takes them: <c>(N, C, H, W)</c>, which stay as they are.</param>
    /// <param name="targets">What each image is of each class, from 0 to 1: <c>(N, K)</c>, which stay as they are.</param>
    /// <param name="random">What all randomness is drawn from.</param>
    /// <returns>The mixed images and targets, of the same shapes, in the caller's dispose scope.</returns>
    public abstract (Tensor Inputs, Tensor Targets) Apply(Tensor inputs, Tensor targets, SampleRandom random);

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the exception names it.</exception>
    public virtual void Validate()
    {
    }
}
