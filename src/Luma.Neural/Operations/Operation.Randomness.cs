namespace Luma.Neural.Operations;

public abstract partial record Operation
{
    /// <summary>
    /// Elements set to zero at random, the others divided by 1 - p: Srivastava et al., "Dropout" (2014). Input: any tensor.
    /// </summary>
    /// <param name="Probability">The probability p that an element is dropped.</param>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record Dropout(double Probability, bool InPlace) : Operation
    {
        /// <inheritdoc/>
        // Where nothing is dropped, libtorch may give the input itself.
        public override bool MayShareMemory() => InPlace || Probability == 0;

        /// <inheritdoc/>
        public override bool Overwrites(int input) => InPlace && input == 0;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) =>
            nn.functional.dropout(inputs[0]!, Probability, training: true, InPlace);
    }

    /// <summary>
    /// Whole channels set to zero at random, the others divided by 1 - p: Tompson et al., "Efficient Object Localization Using
    /// Convolutional Networks" (2015), section 3.2. Input: <c>x (N, C, ...)</c> with one to three further dimensions.
    /// </summary>
    /// <param name="Probability">The probability p that a channel is dropped.</param>
    /// <param name="InPlace">Whether the output takes the place of the input.</param>
    public sealed record ChannelDropout(double Probability, bool InPlace) : Operation
    {
        /// <inheritdoc/>
        // Where nothing is dropped, libtorch may give the input itself.
        public override bool MayShareMemory() => InPlace || Probability == 0;

        /// <inheritdoc/>
        public override bool Overwrites(int input) => InPlace && input == 0;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.Dimensions switch
        {
            3 => DropFromSequences(inputs[0]!),
            4 => nn.functional.dropout2d(inputs[0]!, Probability, training: true, InPlace),
            _ => nn.functional.dropout3d(inputs[0]!, Probability, training: true, InPlace),
        };

        // TorchSharp does not bind libtorch's own: a sequence is an image one column wide.
        private Tensor DropFromSequences(Tensor x)
        {
            using var image = x.unsqueeze(-1);
            using var dropped = nn.functional.dropout2d(image, Probability, training: true, InPlace);
            return dropped.squeeze(-1);
        }
    }

    /// <summary>
    /// For each sample of a batch, 0 at random or else 1 / survival: Huang et al., "Deep Networks with Stochastic Depth" (2016). Input:
    /// <c>x (N, *)</c>, of which only size, type and device count. Output <c>(N, 1, ...)</c> with as many dimensions.
    /// </summary>
    /// <param name="Survival">The probability that it is not 0.</param>
    public sealed record SampleMask(double Survival) : Operation
    {
        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) => Shrinks;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            Span<long> sizes = stackalloc long[(int)inputs[0]!.Dimensions];
            sizes.Fill(1);
            sizes[0] = inputs[0]!.size(0);

            var mask = empty(sizes, inputs[0]!.dtype, inputs[0]!.device).bernoulli_(Survival);
            if (Survival == 0) return mask;

            using var survival = Survival.ToScalar();
            return mask.div_(survival);
        }
    }
}
