namespace Luma.Neural.Operations;

public abstract partial record Operation
{
    /// <summary>
    /// A convolution over one, two or three axes. Inputs: <c>x (N, C_in, ...)</c>, weight <c>(C_out, C_in / groups, kernel...)</c>, bias
    /// <c>(C_out)</c> or null.
    /// </summary>
    /// <param name="Stride">The step of the window on each axis; as many numbers as there are axes.</param>
    /// <param name="PaddingBefore">How many zeros come before the input on each axis.</param>
    /// <param name="PaddingAfter">How many come after it.</param>
    /// <param name="Dilation">The distance between the elements of the window on each axis.</param>
    /// <param name="Groups">The number of groups of channels.</param>
    public sealed record Convolution(Integers Stride, Integers PaddingBefore, Integers PaddingAfter, Integers Dilation, long Groups) : Operation
    {
        // oneDNN computes in blocks of so many channels.
        private const long Block = 16;

        internal override bool IsShortened => true;

        private protected override (int Required, int Optional) Arity => (2, 1);

        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs)
        {
            var (input, weight) = (inputs[0]!.shape, inputs[1]!.shape);
            if (input.Length != Stride.Count + 2 || weight.Length != input.Length) return 0;

            var positions = (double)input[0];
            for (var axis = 0; axis < Stride.Count; axis++)
            {
                var room = input[axis + 2] + PaddingBefore[axis] + PaddingAfter[axis] - (Dilation[axis] * (weight[axis + 2] - 1)) - 1;
                positions *= room < 0 ? 0 : (room / Stride[axis]) + 1;
            }
            // What does not have its channels last is computed in blocks and then copied.
            var copied = inputs[0]!.is_contiguous() ? (weight[0] + Block - 1) / Block * Block : 0;
            return positions * (weight[0] + copied);
        }

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            if (PaddingBefore == PaddingAfter) return Convolve(inputs[0]!, inputs[1]!, inputs[2], PaddingBefore.Array);

            // libtorch pads as much after the input as before it; anything else is put on the input first.
            using var padded = nn.functional.pad(inputs[0]!, PairsFromTheLast(PaddingBefore, PaddingAfter));
            return Convolve(padded, inputs[1]!, inputs[2], new long[Stride.Count]);
        }

        private Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, long[] padding) => Stride.Count switch
        {
            1 => nn.functional.conv1d(x, weight, bias, Stride[0], padding[0], Dilation[0], Groups),
            2 => nn.functional.conv2d(x, weight, bias, Stride.Array, padding, Dilation.Array, Groups),
            _ => nn.functional.conv3d(x, weight, bias, Stride.Array, padding, Dilation.Array, Groups),
        };
    }

    /// <summary>
    /// <c>x * weight^T + bias</c>. Inputs: <c>x (..., L_in)</c>, weight <c>(L_out, L_in)</c>, bias <c>(L_out)</c> or null.
    /// </summary>
    public sealed record Linear : Operation
    {
        internal override bool IsShortened => true;

        private protected override (int Required, int Optional) Arity => (2, 1);

        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) =>
            inputs[0]!.shape is [.., > 0 and var width] ? (double)inputs[0]!.NumberOfElements / width * inputs[1]!.size(0) : 0;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => DenseProduct.Of(inputs[0]!, inputs[1]!, inputs[2]);
    }

    /// <summary>
    /// Scaled dot-product attention, softmax(factor * query * key^T + mask) * value: Vaswani et al., "Attention Is All You Need" (2017),
    /// section 3.2.1. Inputs: query <c>(..., T, E)</c>, key <c>(..., S, E)</c>, value <c>(..., S, E_v)</c>, and what is added before the
    /// softmax, which broadcasts to <c>(..., T, S)</c>, or null.
    /// </summary>
    /// <remarks>Any number of dimensions may lead: the batch, windows, heads.</remarks>
    /// <param name="ScaleFactor">The factor on the products; 1 / sqrt(E) in the paper.</param>
    /// <param name="DropoutProbability">The probability that an attention weight is dropped; 0 in evaluation.</param>
    public sealed record Attention(double ScaleFactor, double DropoutProbability) : Operation
    {
        // libtorch has a fused kernel for a batch, heads, tokens and features.
        private const int FusedRank = 4;

        internal override bool IsShortened => true;

        private protected override (int Required, int Optional) Arity => (3, 1);

        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) =>
            inputs[0]!.shape is [.., > 0 and var features] && inputs[2]!.shape is [.., var given]
                ? (double)inputs[0]!.NumberOfElements / features * given
                : 0;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            using var scope = NewDisposeScope();
            var (query, key, value, mask) = (inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]);
            if (ScaleFactor != DefaultScale(query))
            {
                // TorchSharp binds attention without its factor.
                using var rest = (ScaleFactor / DefaultScale(query)).ToScalar();
                query = query.mul(rest);
            }
            if (query.Dimensions <= FusedRank) return Attend(query, key, value, mask).MoveToOuterDisposeScope();

            var leading = query.shape[..^(FusedRank - 1)];
            var output = Attend(Fold(query), Fold(key), Fold(value), mask is null ? null : FoldMask(mask, leading));
            return output.unflatten(0, leading).MoveToOuterDisposeScope();
        }

        /// <summary>1 / sqrt(E), which libtorch multiplies by.</summary>
        internal static double DefaultScale(Tensor query) => 1 / Math.Sqrt(query.size((int)query.Dimensions - 1));

        private Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask) =>
            nn.functional.scaled_dot_product_attention(query, key, value, mask, DropoutProbability);

        private static Tensor Fold(Tensor tensor) => tensor.flatten(0, tensor.Dimensions - FusedRank);

        // A mask that is the same for the whole batch is not repeated.
        private static Tensor FoldMask(Tensor mask, long[] leading)
        {
            if (mask.Dimensions < FusedRank) return mask;
            if (mask.shape[..^(FusedRank - 1)].All(size => size == 1)) return Fold(mask);
            return Fold(mask.expand([.. leading, .. mask.shape[^(FusedRank - 1)..]]));
        }
    }

    // libtorch takes a pair of amounts for each axis, from the last one back.
    private static long[] PairsFromTheLast(Integers before, Integers after) =>
        [.. before.Zip(after).Reverse().SelectMany(axis => new[] { axis.First, axis.Second })];
}
