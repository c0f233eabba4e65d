namespace Luma.Neural.Operations;

public abstract partial record Operation
{
    /// <summary>
    /// Batch normalisation: Ioffe and Szegedy, "Batch Normalization" (2015), algorithm 1. Inputs: <c>x (N, C, ...)</c>, running mean,
    /// running variance, weight and bias, each <c>(C)</c> or null.
    /// </summary>
    /// <param name="Epsilon">What is added to the variance before its root is taken.</param>
    /// <param name="Momentum">The share of this batch in the running statistics; 0 leaves them alone.</param>
    /// <param name="BatchStatistics">Whether mean and variance are the batch's own, as in training; otherwise they are the running ones.</param>
    public sealed record BatchNorm(double Epsilon, double Momentum, bool BatchStatistics) : Operation
    {
        private protected override (int Required, int Optional) Arity => (1, 4);

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) =>
            nn.functional.batch_norm(inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!, inputs[4]!, BatchStatistics, Momentum, Epsilon);

        /// <summary>In training the running mean and variance are overwritten.</summary>
        /// <param name="input">The input's place, from 0.</param>
        /// <returns>Whether its values are lost.</returns>
        public override bool Overwrites(int input) => BatchStatistics && input is 1 or 2;
    }

    /// <summary>
    /// Layer normalisation over the last dimensions: Ba et al., "Layer Normalization" (2016), equation 4. Inputs: <c>x (..., shape)</c>,
    /// weight and bias, each of the shape or null.
    /// </summary>
    /// <param name="Shape">The sizes of the last dimensions.</param>
    /// <param name="Epsilon">What is added to the variance before its root is taken.</param>
    public sealed record LayerNorm(Integers Shape, double Epsilon) : Operation
    {
        private protected override (int Required, int Optional) Arity => (1, 2);

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) =>
            nn.functional.layer_norm(inputs[0]!, Shape.Array, inputs[1], inputs[2], Epsilon);
    }

    /// <summary>
    /// x / (k + alpha / size * s)^beta, where s is the sum of the squares over neighbouring channels. Input: <c>x (N, C, ...)</c>.
    /// </summary>
    /// <param name="Size">The number of neighbouring channels, the element's own among them.</param>
    /// <param name="Alpha">The factor on the mean of the squares.</param>
    /// <param name="Beta">The exponent.</param>
    /// <param name="K">What is added before the power is taken.</param>
    public sealed record LocalResponseNorm(long Size, double Alpha, double Beta, double K) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) =>
            nn.functional.local_response_norm(inputs[0]!, Size, Alpha, Beta, K);
    }

    /// <summary>The vectors along a dimension divided by their p-norm. Input: any tensor.</summary>
    /// <param name="Dimension">The dimension.</param>
    /// <param name="P">The norm's power: 2 is the length.</param>
    /// <param name="Epsilon">What a smaller norm is replaced by.</param>
    public sealed record Normalize(long Dimension, double P, double Epsilon) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => nn.functional.normalize(inputs[0]!, P, Dimension, Epsilon);
    }
}
