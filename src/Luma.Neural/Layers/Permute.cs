namespace Luma.Neural.Layers;

/// <summary>Puts the dimensions in another order, without moving the elements.</summary>
/// <remarks>The input has as many dimensions as are named.</remarks>
public sealed class Permute : Layer
{
    private readonly long[] dimensions;

    /// <summary>Makes the layer.</summary>
    /// <param name="dimensions">For each dimension of the output, the input's: <c>0, 2, 3, 1</c> puts the channels last.</param>
    /// <exception cref="ArgumentException">A dimension is missing or named twice.</exception>
    public Permute(params ReadOnlySpan<long> dimensions) : base(nameof(Permute))
    {
        this.dimensions = dimensions.ToArray();
        if (this.dimensions.Length == 0 || !this.dimensions.Order().SequenceEqual(Enumerable.Range(0, this.dimensions.Length).Select(i => (long)i)))
            throw new ArgumentException($"Must name each dimension once, got ({string.Join(", ", this.dimensions)}).", nameof(dimensions));
    }

    /// <summary>For each dimension of the output, the input's.</summary>
    public IReadOnlyList<long> Dimensions => dimensions;

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({string.Join(", ", dimensions)})";

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        if (input.Dimensions != dimensions.Length) throw InputMismatch($"{dimensions.Length} dimensions", input);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => input.permute(dimensions);
}
