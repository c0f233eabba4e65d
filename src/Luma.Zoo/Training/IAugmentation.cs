namespace Luma.Zoo.Training;

/// <summary>Changes training images at random in ways that leave their labels true.</summary>
public interface IAugmentation
{
    /// <summary>Changes a batch.</summary>
    /// <param name="inputs">The images as the network takes them: <c>(N, C, H, W)</c>.</param>
    /// <param name="random">What all randomness is drawn from.</param>
    /// <returns>The changed images, of the same shape, in the caller's dispose scope.</returns>
    Tensor Apply(Tensor inputs, Generator random);
}
