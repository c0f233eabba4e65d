namespace Luma.Zoo.Training;

/// <summary>
/// An exponential moving average of the weights, which is measured and kept in place of them, as torchvision's reference training has it.
/// Buffers, such as a batch norm's statistics, are averaged alike. Its first update takes the weights as they are.
/// </summary>
/// <param name="Decay">How much of the average stays at each update.</param>
/// <param name="Every">After how many steps it is updated each time.</param>
public sealed record WeightAverage(double Decay = 0.999, int Every = 1)
{
    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the exception names it.</exception>
    internal void Validate()
    {
        if (!(Decay is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(Decay), Decay, "The average's decay must be from 0 to below 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(Every, 1);
    }
}
