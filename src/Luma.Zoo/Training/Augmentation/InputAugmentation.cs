using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Changes one image as the network takes it, after resizing and normalising.</summary>
[JsonConverter(typeof(InputKinds))]
public abstract record InputAugmentation
{
    /// <summary>Changes an input.</summary>
    /// <param name="input">The image, <c>(C, H, W)</c>, 32-bit floats on the CPU, which stays as it is.</param>
    /// <param name="random">What all randomness is drawn from.</param>
    /// <returns>The changed image, of the same shape, in the caller's dispose scope; or the same tensor.</returns>
    public abstract Tensor Apply(Tensor input, SampleRandom random);

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the exception names it.</exception>
    public virtual void Validate()
    {
    }

    /// <summary>Why it is not for an input with so many channels, or null.</summary>
    internal virtual string? ProblemWith(long channels) => null;
}
