namespace Luma.Neural.Operations;

public abstract partial record Operation
{
    /// <summary>The input itself, as another tensor on the same memory. Input: any tensor.</summary>
    public sealed record Identity : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.alias();
    }

    /// <summary>The values in another type. Input: any tensor.</summary>
    /// <param name="Type">The type.</param>
    public sealed record Cast(ScalarType Type) : Operation
    {
        /// <inheritdoc/>
        // A tensor that has the type already is not copied.
        public override bool MayShareMemory() => true;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            using var scope = NewDisposeScope();
            return inputs[0]!.to(Type).alias().MoveToOuterDisposeScope();
        }
    }

    /// <summary>The sum of two tensors, broadcasting as PyTorch does. Inputs: the two.</summary>
    /// <param name="InPlace">Whether the sum takes the place of the first.</param>
    public sealed record Add(bool InPlace) : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => InPlace;

        /// <inheritdoc/>
        public override bool Overwrites(int input) => InPlace && input == 0;

        private protected override (int Required, int Optional) Arity => (2, 0);

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) =>
            InPlace ? inputs[0]!.Increase(inputs[1]!).alias() : inputs[0]!.Plus(inputs[1]!);
    }

    /// <summary>The product of two tensors element by element, broadcasting as PyTorch does. Inputs: the two.</summary>
    public sealed record Multiply : Operation
    {
        private protected override (int Required, int Optional) Arity => (2, 0);

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.mul(inputs[1]!);
    }

    /// <summary>A tensor times a number. Input: any tensor.</summary>
    /// <param name="Factor">The number.</param>
    public sealed record Scale(double Factor) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            using var factor = Factor.ToScalar();
            return inputs[0]!.mul(factor);
        }
    }

    /// <summary>One more than each element, in its place: how training counts batches. Input: any tensor.</summary>
    public sealed record Increment : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        /// <inheritdoc/>
        public override bool Overwrites(int input) => input == 0;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.Increase(1).alias();
    }

    /// <summary>Each element to the power of a number. Input: any tensor.</summary>
    /// <param name="Exponent">The number.</param>
    public sealed record Power(double Exponent) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            using var exponent = Exponent.ToScalar();
            return inputs[0]!.pow(exponent);
        }
    }

    /// <summary>e to the power of each element. Input: any tensor.</summary>
    public sealed record Exp : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.exp();
    }

    /// <summary>-1, 0 or 1, as each element is negative, zero or positive. Input: any tensor.</summary>
    public sealed record Sign : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.sign();
    }

    /// <summary>The magnitude of each element. Input: any tensor.</summary>
    public sealed record Abs : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.abs();
    }

    /// <summary>The elements, with those above a number lowered to it. Input: any tensor.</summary>
    /// <param name="Maximum">The number.</param>
    public sealed record ClampMax(double Maximum) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            using var maximum = Maximum.ToScalar();
            return inputs[0]!.clamp_max(maximum);
        }
    }
}
