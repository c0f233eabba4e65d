using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>Puts the dimensions in another order, without moving the elements.</summary>
/// <remarks>The input has as many dimensions as are named.</remarks>
public sealed class Permute : Layer
{
    private readonly Operation.Permute operation;

    /// <summary>Makes the layer.</summary>
    /// <param name="dimensions">For each dimension of the output, the input's: <c>0, 2, 3, 1</c> puts the channels last.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is missing or named twice.</exception>
    public Permute(params ReadOnlySpan<long> dimensions) : base(nameof(Permute))
    {
        operation = new(Integers.Create(dimensions));
        var places = Enumerable.Range(0, Dimensions.Count).Select(place => (long)place);
        if (Dimensions.Count == 0 || !Dimensions.Order().SequenceEqual(places))
            throw new ArgumentOutOfRangeException(nameof(dimensions), string.Join(", ", Dimensions), "Must name each dimension once.");
    }

    /// <summary>For each dimension of the output, the input's.</summary>
    public IReadOnlyList<long> Dimensions => operation.Dimensions;

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({string.Join(", ", Dimensions)})";

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        if (input.Dimensions != Dimensions.Count) throw InputMismatch($"{Dimensions.Count} dimensions", input);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Ops.Run(operation, input);
}
