using Luma.Neural.Layers;

namespace Luma.Neural.Operations;

public abstract partial record Operation
{
    /// <summary>A function of each element that can take its input's place. Input: any tensor.</summary>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public abstract record Activation(bool InPlace) : Operation
    {
        /// <inheritdoc/>
        public sealed override bool MayShareMemory() => InPlace;

        /// <inheritdoc/>
        public sealed override bool Overwrites(int input) => InPlace && input == 0;

        private protected sealed override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            if (!InPlace) return Apply(inputs[0]!);

            ApplyInPlace(inputs[0]!);
            return inputs[0]!.alias();
        }

        private protected abstract Tensor Apply(Tensor x);

        private protected abstract void ApplyInPlace(Tensor x);
    }

    /// <summary>max(0, x). Input: any tensor.</summary>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record ReLU(bool InPlace) : Activation(InPlace)
    {
        private protected override Tensor Apply(Tensor x) => x.relu();

        private protected override void ApplyInPlace(Tensor x) => x.relu_();
    }

    /// <summary>min(max(0, x), 6). Input: any tensor.</summary>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record ReLU6(bool InPlace) : Activation(InPlace)
    {
        private protected override Tensor Apply(Tensor x) => x.relu6();

        private protected override void ApplyInPlace(Tensor x) => x.relu6_();
    }

    /// <summary>x where it is positive, slope * x elsewhere. Input: any tensor.</summary>
    /// <param name="NegativeSlope">The slope.</param>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record LeakyReLU(double NegativeSlope, bool InPlace) : Activation(InPlace)
    {
        private protected override Tensor Apply(Tensor x)
        {
            using var slope = NegativeSlope.ToScalar();
            return x.leaky_relu(slope);
        }

        private protected override void ApplyInPlace(Tensor x)
        {
            using var slope = NegativeSlope.ToScalar();
            x.leaky_relu_(slope);
        }
    }

    /// <summary>The hyperbolic tangent. Input: any tensor.</summary>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record Tanh(bool InPlace) : Activation(InPlace)
    {
        private protected override Tensor Apply(Tensor x) => x.tanh();

        private protected override void ApplyInPlace(Tensor x) => x.tanh_();
    }

    /// <summary>1 / (1 + exp(-x)). Input: any tensor.</summary>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record Sigmoid(bool InPlace) : Activation(InPlace)
    {
        private protected override Tensor Apply(Tensor x) => x.sigmoid();

        private protected override void ApplyInPlace(Tensor x) => x.sigmoid_();
    }

    /// <summary>x / (1 + exp(-x)). Input: any tensor.</summary>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record SiLU(bool InPlace) : Activation(InPlace)
    {
        private protected override Tensor Apply(Tensor x) => x.silu();

        private protected override void ApplyInPlace(Tensor x) => x.silu_();
    }

    /// <summary>min(max(0, x + 3), 6) / 6. Input: any tensor.</summary>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record Hardsigmoid(bool InPlace) : Activation(InPlace)
    {
        private protected override Tensor Apply(Tensor x) => x.hardsigmoid();

        private protected override void ApplyInPlace(Tensor x) => x.hardsigmoid_();
    }

    /// <summary>x * min(max(0, x + 3), 6) / 6. Input: any tensor.</summary>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record Hardswish(bool InPlace) : Activation(InPlace)
    {
        private protected override Tensor Apply(Tensor x) => x.hardswish();

        private protected override void ApplyInPlace(Tensor x) => x.hardswish_();
    }

    /// <summary>x times the normal distribution's cumulative function at x. Input: any tensor.</summary>
    /// <param name="Approximation">How it is computed.</param>
    public sealed record GELU(GELUApproximation Approximation) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => Approximation == GELUApproximation.Tanh
            ? inputs[0]!.gelu(TorchSharp.Modules.GELU.Approximate.tanh)
            : inputs[0]!.gelu();
    }

    /// <summary>exp(x) / sum(exp(x)) along a dimension. Input: any tensor.</summary>
    /// <param name="Dimension">The dimension along which the sum becomes 1.</param>
    public sealed record Softmax(long Dimension) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.softmax(Dimension);
    }
}
