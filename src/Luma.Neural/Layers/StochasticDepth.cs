using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// Huang et al., "Deep Networks with Stochastic Depth" (2016): in training a residual branch is left out at random, for each image
/// of the batch on its own, and scaled by 1 / (1 - p) where it stays; in evaluation nothing happens.
/// </summary>
/// <remarks>Input and output <c>(N, *)</c>. The same seed leaves out the same branches as in torchvision.</remarks>
/// <param name="probability">The probability that the branch is left out.</param>
/// <exception cref="ArgumentOutOfRangeException">The probability does not lie between 0 and 1.</exception>
public sealed class StochasticDepth(double probability) : Layer(nameof(StochasticDepth))
{
    private static readonly Operation.Multiply multiply = new();

    private readonly Operation.SampleMask mask = new(Survival: 1 - probability);

    /// <summary>The probability that the branch is left out.</summary>
    public double Probability { get; } = probability is >= 0 and <= 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "Must lie between 0 and 1.");

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({Probability})";

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input)
    {
        if (!training || Probability == 0) return Ops.Identity(input);

        using var samples = Ops.Run(mask, input);
        return Ops.Run(multiply, input, samples);
    }
}
