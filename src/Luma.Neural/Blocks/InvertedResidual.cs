using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// A branch that is narrow at its ends and wide between them, added to its input where both have the same shape. Sandler et al.,
/// "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (2018), section 3.3 and figure 3 (b).
/// </summary>
/// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, ceil(H / stride), ceil(W / stride))</c>.</remarks>
public class InvertedResidual : Block
{
    private readonly Sequence branch;
    private readonly StochasticDepth? stochasticDepth;

    /// <summary>Makes the block.</summary>
    /// <param name="branchName">The name under which the branch is registered.</param>
    /// <param name="branch">
    /// The branch. The sum takes the place of its output, so it must not end with an activation whose gradient needs the output, such
    /// as <see cref="ReLU"/>.
    /// </param>
    /// <param name="addsInput">Whether the input is added: only where the branch keeps its shape.</param>
    /// <param name="stochasticDepth">
    /// The probability that the branch is left out in training, of a child <c>stochastic_depth</c>; null for no such child.
    /// </param>
    /// <exception cref="ArgumentException">The name of the branch is empty or has a dot.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The probability does not lie between 0 and 1.</exception>
    public InvertedResidual(string branchName, Sequence branch, bool addsInput, double? stochasticDepth = null)
        : this(nameof(InvertedResidual), branchName, branch, addsInput, stochasticDepth)
    {
    }

    private protected InvertedResidual(string name, string branchName, Sequence branch, bool addsInput, double? stochasticDepth) : base(name)
    {
        this.branch = Register(branchName, branch);
        if (stochasticDepth is { } probability) this.stochasticDepth = Register("stochastic_depth", new StochasticDepth(probability));
        AddsInput = addsInput;
    }

    /// <summary>Whether the input is added to what the branch makes of it.</summary>
    public bool AddsInput { get; }

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input)
    {
        var output = branch.call(input);
        if (!AddsInput) return output;

        if (stochasticDepth is not null) output = stochasticDepth.call(output);
        return Ops.Add(output, input, inPlace: true);
    }
}
