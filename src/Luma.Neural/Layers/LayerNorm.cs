using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// Brings the last dimensions of every sample to mean 0 and variance 1, then scales them by <c>weight</c> and shifts them by
/// <c>bias</c>, after Ba et al., "Layer Normalization" (2016), equation 4.
/// </summary>
/// <remarks>Input and output <c>(N, *)</c>, whose last dimensions are those that were given.</remarks>
public sealed class LayerNorm : Layer
{
    private readonly Operation.LayerNorm operation;
    private readonly long[] shape;
    private Parameter? weight, bias;

    /// <summary>Makes the layer for the last dimension.</summary>
    /// <param name="features">The size of the last dimension.</param>
    /// <param name="eps">What is added to the variance before its root is taken.</param>
    /// <param name="affine">Whether every element is scaled and shifted.</param>
    /// <param name="bias">Whether it is shifted, where it is scaled.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1, or <paramref name="eps"/> is negative.</exception>
    public LayerNorm(long features, double eps = 1e-5, bool affine = true, bool bias = true)
        : this([features], eps, affine, bias, nameof(features))
    {
    }

    /// <summary>Makes the layer for several last dimensions.</summary>
    /// <param name="shape">The sizes of the last dimensions.</param>
    /// <param name="eps">What is added to the variance before its root is taken.</param>
    /// <param name="affine">Whether every element is scaled and shifted.</param>
    /// <param name="bias">Whether it is shifted, where it is scaled.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// There are no sizes, a size is below 1, or <paramref name="eps"/> is negative.
    /// </exception>
    public LayerNorm(ReadOnlySpan<long> shape, double eps = 1e-5, bool affine = true, bool bias = true)
        : this(shape.ToArray(), eps, affine, bias, nameof(shape))
    {
    }

    private LayerNorm(long[] shape, double eps, bool affine, bool bias, string shapeArgument) : base(nameof(LayerNorm))
    {
        if (shape.Length == 0 || shape.Any(size => size < 1))
            throw new ArgumentOutOfRangeException(shapeArgument, string.Join('x', shape), "There must be sizes, and each at least 1.");
        if (!(eps >= 0 && double.IsFinite(eps))) throw new ArgumentOutOfRangeException(nameof(eps), eps, "Must not be negative.");

        (this.shape, operation, Affine) = (shape, new(shape, eps), affine);
        if (affine) weight = RegisterParameter(nameof(weight), empty(shape));
        if (affine && bias) this.bias = RegisterParameter(nameof(bias), empty(shape));
        ResetParameters();
    }

    /// <summary>The sizes of the last dimensions.</summary>
    public IReadOnlyList<long> NormalizedShape => shape;

    /// <summary>What is added to the variance before its root is taken.</summary>
    public double Eps => operation.Epsilon;

    /// <summary>Whether every element is scaled.</summary>
    public bool Affine { get; }

    /// <summary>The scale, of the normalised shape, or null.</summary>
    public Parameter? Weight => weight;

    /// <summary>The shift, of the normalised shape, or null.</summary>
    public Parameter? Bias => bias;

    /// <summary>Makes scale and shift 1 and 0, as PyTorch does.</summary>
    public void ResetParameters()
    {
        if (weight is not null) Initializers.Constant(weight, 1);
        if (bias is not null) Initializers.Constant(bias, 0);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({string.Join('x', shape)})";

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        var first = (int)input.Dimensions - shape.Length;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            if (first < 0 || input.size(first + axis) != shape[axis])
                throw InputMismatch($"(*, {string.Join(", ", shape)})", input);
        }
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Ops.Run(operation, input, weight, bias);
}
