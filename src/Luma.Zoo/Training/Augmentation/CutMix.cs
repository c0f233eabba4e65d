namespace Luma.Zoo.Training.Augmentation;

/// <summary>Puts a part of each image into the one after it, all at the same place.</summary>
/// <remarks>
/// torchvision's <c>v2.CutMix</c>: Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features" (2019).
/// </remarks>
public sealed record CutMix : BatchMixing
{
    /// <summary>The share that stays is drawn from Beta(<see cref="Alpha"/>, <see cref="Alpha"/>): 1 makes each as likely.</summary>
    public double Alpha { get; init; } = 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A shape or a type is another one.</exception>
    public override (Tensor Inputs, Tensor Targets) Apply(Tensor inputs, Tensor targets, SampleRandom random)
    {
        BatchMix.Check(inputs, targets);
        ArgumentNullException.ThrowIfNull(random);
        var (window, share) = Draw((int)inputs.shape[3], (int)inputs.shape[2], random.NextBeta(Alpha), random);
        return Mix(inputs, targets, window, share);
    }

    /// <inheritdoc/>
    public override void Validate() => Limits.Above(Alpha, 0, nameof(Alpha));

    internal static (Tensor Inputs, Tensor Targets) Mix(Tensor inputs, Tensor targets, Window window, double share) =>
        (BatchMix.Paste(inputs, window), BatchMix.Blend(targets, share));

    /// <summary>Draws what is replaced. What of it lies beyond the edge is cut off, so that more may stay than the share says.</summary>
    internal static (Window Window, double Share) Draw(int width, int height, double share, SampleRandom random)
    {
        var (x, y) = (random.Next(width), random.Next(height));
        var half = 0.5 * Math.Sqrt(1 - share);
        var (halfWidth, halfHeight) = ((int)(half * width), (int)(half * height));
        var (left, top) = (Math.Max(x - halfWidth, 0), Math.Max(y - halfHeight, 0));
        var (right, bottom) = (Math.Min(x + halfWidth, width), Math.Min(y + halfHeight, height));
        return (new Window(left, top, right - left, bottom - top), 1 - ((double)((right - left) * (bottom - top)) / (width * height)));
    }
}
