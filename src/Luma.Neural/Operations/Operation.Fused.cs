namespace Luma.Neural.Operations;

// What passes make of several operations, for libraries that compute them in one go. Computed here, they are what they were.
public abstract partial record Operation
{
    /// <summary>
    /// A convolution, to whose result another tensor may be added and a function of each element applied. Inputs: those of the convolution,
    /// and the tensor that is added, of the result's shape; null where nothing is.
    /// </summary>
    /// <param name="Product">The convolution.</param>
    /// <param name="Then">What is applied last: an activation, or null.</param>
    public sealed record FusedConvolution(Convolution Product, Operation? Then) : Operation
    {
        private protected override (int Required, int Optional) Arity => (2, 2);

        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) => Product.LeastElements(inputs[..3]);

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => Finish(Product.Compute(inputs[..3]), inputs[3], Then);
    }

    /// <summary>
    /// A dense layer, to whose result another tensor may be added and a function of each element applied. Inputs: those of the dense layer,
    /// and the tensor that is added, of the result's shape; null where nothing is.
    /// </summary>
    /// <param name="Then">What is applied last: an activation, or null.</param>
    public sealed record FusedLinear(Operation? Then) : Operation
    {
        private static readonly Linear linear = new();

        private protected override (int Required, int Optional) Arity => (2, 2);

        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) => linear.LeastElements(inputs[..3]);

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => Finish(linear.Compute(inputs[..3]), inputs[3], Then);
    }

    /// <summary>
    /// Each element, raised to one bound and lowered to another that may differ from channel to channel. Inputs: any tensor, the lower bounds
    /// and the upper ones, which broadcast to its shape; null for no upper bounds.
    /// </summary>
    public sealed record Clamp : Operation
    {
        private protected override (int Required, int Optional) Arity => (2, 1);

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) =>
            inputs[2] is null ? maximum(inputs[0]!, inputs[1]!) : inputs[0]!.clamp(inputs[1], inputs[2]);
    }

    /// <summary>Whether it is a function of each element that a product can be followed by at once.</summary>
    internal bool IsElementwise => this is Activation or GELU;

    private static Tensor Finish(Tensor product, Tensor? added, Operation? then)
    {
        using var scope = NewDisposeScope();
        scope.Attach(product);
        if (added is not null) product = new Add(InPlace: true).Compute(product, added);
        if (then is not null) product = then.Compute(product);
        return product.MoveToOuterDisposeScope();
    }
}
