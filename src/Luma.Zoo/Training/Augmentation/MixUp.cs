namespace Luma.Zoo.Training.Augmentation;

/// <summary>Blends each image with the one before it, all in the same shares.</summary>
/// <remarks>torchvision's <c>v2.MixUp</c>: Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2017).</remarks>
public sealed record MixUp : BatchMixing
{
    /// <summary>The share is drawn from Beta(<see cref="Alpha"/>, <see cref="Alpha"/>): 1 makes each as likely, less favours small and large ones.</summary>
    public double Alpha { get; init; } = 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A shape or a type is another one.</exception>
    public override (Tensor Inputs, Tensor Targets) Apply(Tensor inputs, Tensor targets, SampleRandom random)
    {
        BatchMix.Check(inputs, targets);
        ArgumentNullException.ThrowIfNull(random);
        return Mix(inputs, targets, random.NextBeta(Alpha));
    }

    /// <inheritdoc/>
    public override void Validate() => Limits.Above(Alpha, 0, nameof(Alpha));

    internal static (Tensor Inputs, Tensor Targets) Mix(Tensor inputs, Tensor targets, double share) =>
        (BatchMix.Blend(inputs, share), BatchMix.Blend(targets, share));
}
