using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>A fully connected layer: <c>input * weight^T + bias</c>.</summary>
/// <remarks>Input <c>(N, L_in)</c>, output <c>(N, L_out)</c>; further dimensions may stand between the two.</remarks>
public sealed class Dense : Layer
{
    private static readonly Operation.Linear operation = new();

    private Parameter weight;
    private Parameter? bias;

    /// <summary>Makes the layer and draws its weights as PyTorch does.</summary>
    /// <param name="inFeatures">The number of inputs.</param>
    /// <param name="outFeatures">The number of outputs.</param>
    /// <param name="bias">Whether a bias is added.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public Dense(long inFeatures, long outFeatures, bool bias = true) : base(nameof(Dense))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFeatures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outFeatures, 1);

        (InFeatures, OutFeatures) = (inFeatures, outFeatures);
        weight = RegisterParameter(nameof(weight), empty(outFeatures, inFeatures));
        if (bias) this.bias = RegisterParameter(nameof(bias), empty(outFeatures));
        ResetParameters();
    }

    /// <summary>The number of inputs.</summary>
    public long InFeatures { get; }

    /// <summary>The number of outputs.</summary>
    public long OutFeatures { get; }

    /// <summary>The weights: <c>(L_out, L_in)</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>The bias: <c>(L_out)</c>, or null.</summary>
    public Parameter? Bias => bias;

    /// <summary>Draws weight and bias anew, as PyTorch does: uniform within 1 / sqrt(L_in).</summary>
    public void ResetParameters()
    {
        Initializers.KaimingUniform(weight, gain: Initializers.RectifierGain(Math.Sqrt(5)));
        if (bias is null) return;

        var bound = 1 / Math.Sqrt(InFeatures);
        Initializers.Uniform(bias, -bound, bound);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InFeatures} -> {OutFeatures})";

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        var rank = input.Dimensions;
        if (rank < 2 || input.size((int)rank - 1) != InFeatures) throw InputMismatch($"(N, {InFeatures})", input);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Ops.Run(operation, input, weight, bias);
}
