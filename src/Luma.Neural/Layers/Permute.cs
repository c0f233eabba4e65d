namespace Luma.Neural.Layers;

/// <summary>Puts the dimensions in another order, without moving the elements.</summary>
/// <remarks>The input has as many dimensions as are named.</remarks>
public sealed class Permute : Layer
{
    private readonly long[] dimensions;

    /// <summary>Makes the layer.</summary>
    /// <param name="dimensions">For each dimension of the output, the input's: <c>0, 2, 3, 1</c> puts the channels last.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is missing or named twice.</exception>
    public Permute(params ReadOnlySpan<long> dimensions) : base(nameof(Permute))
    {
        this.dimensions = dimensions.ToArray();
        var places = Enumerable.Range(0, this.dimensions.Length).Select(place => (long)place);
        if (this.dimensions.Length == 0 || !this.dimensions.Order().SequenceEqual(places))
            throw new ArgumentOutOfRangeException(nameof(dimensions), string.Join(", ", this.dimensions), "Must name each dimension once.");
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
