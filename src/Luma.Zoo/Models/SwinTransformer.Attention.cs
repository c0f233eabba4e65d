using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using TorchSharp.Utils;

namespace Luma.Zoo.Models;

public sealed partial class SwinTransformer
{
    /// <summary>
    /// Section 3.2: attention within windows, which every second block shifts by half a window; pixels that the shift brings
    /// together from opposite ends do not see each other.
    /// </summary>
    /// <remarks>
    /// Input and output <c>(N, H, W, C)</c>. Maps that are no multiple of the window are padded with zeros at the bottom and on the
    /// right.
    /// </remarks>
    private abstract class ShiftedWindowAttention : Block
    {
        private readonly long window, shift;
        private readonly double attentionDropout;
        private readonly Dropout dropout;

        protected ShiftedWindowAttention(
            string name, long channels, long heads, long window, long shift, double dropout, double attentionDropout) : base(name)
        {
            (Heads, this.window, this.shift, this.attentionDropout) = (heads, window, shift, attentionDropout);
            Projection = Register("qkv", new Dense(channels, 3 * channels));
            Output = Register("proj", new Dense(channels, channels));
            this.dropout = Register("dropout", new Dropout(dropout));
        }

        protected long Heads { get; }

        /// <summary>Makes queries, keys and values.</summary>
        protected Dense Projection { get; }

        private Dense Output { get; }

        /// <summary>Queries, keys and values of the heads, from <c>(N, windows, T, C)</c>.</summary>
        protected abstract (Tensor Query, Tensor Key, Tensor Value) Project(Tensor windows);

        /// <summary>What the distance of two pixels adds to their attention weight: <c>(1, heads, T, T)</c>.</summary>
        protected abstract Tensor PositionBias();

        protected override Tensor Compute(Tensor x)
        {
            long height = x.size(1), width = x.size(2);
            var (wholeHeight, wholeWidth) = (RoundUp(height), RoundUp(width));
            if (wholeHeight > height) x = Ops.ZeroPad(x, 1, after: wholeHeight - height);
            if (wholeWidth > width) x = Ops.ZeroPad(x, 2, after: wholeWidth - width);

            // A single window has nothing to exchange with.
            var (down, right) = (wholeHeight > window ? shift : 0, wholeWidth > window ? shift : 0);
            var shifts = down + right > 0;
            if (shifts) x = Ops.Roll(x, [-down, -right], [1, 2]);

            x = Windows.Partition(x, window);
            var bias = PositionBias();
            if (shifts) bias = Ops.Add(bias, Ops.ShiftMask(wholeHeight, wholeWidth, window, down, right, bias.dtype, bias.device));

            var (query, key, value) = Project(x);
            x = AttentionHeads.Join(Ops.Attention(query, key, value, bias, dropout: training ? attentionDropout : 0));
            x = dropout.call(Output.call(x));

            x = Windows.Merge(x, window, wholeHeight, wholeWidth);
            if (shifts) x = Ops.Roll(x, [down, right], [1, 2]);
            if (wholeHeight > height) x = Ops.Slice(x, 1, stop: height);
            if (wholeWidth > width) x = Ops.Slice(x, 2, stop: width);
            return x;
        }

        private long RoundUp(long size) => (size + window - 1) / window * window;
    }

    /// <summary>Version 1: scaled dot products, and a learned number for each distance and head.</summary>
    private sealed class AttentionV1 : ShiftedWindowAttention
    {
        private readonly long window;

        [ComponentName(Name = "relative_position_bias_table")]
        private Parameter table;

        [ComponentName(Name = "relative_position_index")]
        private Tensor positions;

        public AttentionV1(long channels, long heads, long window, long shift, double dropout, double attentionDropout)
            : base(nameof(AttentionV1), channels, heads, window, shift, dropout, attentionDropout)
        {
            this.window = window;
            var distances = (2 * window) - 1;
            table = RegisterParameter("relative_position_bias_table", empty(distances * distances, heads));
            Initializers.TruncatedNormal(table, std: 0.02);
            positions = RegisterBuffer("relative_position_index", Windows.RelativePositions(window).flatten());
        }

        protected override (Tensor Query, Tensor Key, Tensor Value) Project(Tensor windows) =>
            AttentionHeads.Split(Projection.call(windows), Heads);

        protected override Tensor PositionBias() => Windows.PositionBias(table, positions, window);
    }

    /// <summary>
    /// Version 2, sections 3.2 and 3.3 of its paper: cosines times a learned scale for each head, and a small network that tells
    /// the number for a distance, so that it knows distances that it has not met.
    /// </summary>
    private sealed class AttentionV2 : ShiftedWindowAttention
    {
        private readonly long window;
        private readonly Sequence network;
        private readonly Sigmoid sigmoid;

        [ComponentName(Name = "logit_scale")]
        private Parameter logitScale;

        [ComponentName(Name = "relative_coords_table")]
        private Tensor coordinates;

        [ComponentName(Name = "relative_position_index")]
        private Tensor positions;

        public AttentionV2(long channels, long heads, long window, long shift, double dropout, double attentionDropout)
            : base(nameof(AttentionV2), channels, heads, window, shift, dropout, attentionDropout)
        {
            this.window = window;
            coordinates = RegisterBuffer("relative_coords_table", LogCoordinates(window));
            positions = RegisterBuffer("relative_position_index", Windows.RelativePositions(window).flatten());
            logitScale = RegisterParameter("logit_scale", empty(heads, 1, 1));
            Initializers.Constant(logitScale, Math.Log(10));
            network = Register("cpb_mlp", new Sequence { new Dense(2, 512), new ReLU(inPlace: true), new Dense(512, heads, bias: false) });
            sigmoid = Register("sigmoid", new Sigmoid());
        }

        protected override (Tensor Query, Tensor Key, Tensor Value) Project(Tensor windows)
        {
            // Keys have no bias, whatever a weight file says.
            var channels = Projection.InFeatures;
            var query = Ops.ZeroPad(Ops.Slice(Projection.Bias!, 0, stop: channels), 0, after: channels);
            var bias = Ops.Concat([query, Ops.Slice(Projection.Bias!, 0, start: 2 * channels)], 0);
            var heads = AttentionHeads.Split(Ops.Linear(windows, Projection.Weight, bias), Heads);

            // At most 100; attention divides by the root of the head's size, which is undone here.
            var scale = Ops.Scale(Ops.Exp(Ops.ClampMax(logitScale, Math.Log(100))), Math.Sqrt(channels / Heads));
            return (Ops.Multiply(Ops.Normalize(heads.Query), scale), Ops.Normalize(heads.Key), heads.Value);
        }

        // 16 times the sigmoid, as the authors' code has it.
        protected override Tensor PositionBias()
        {
            var table = Ops.Reshape(network.call(coordinates), -1, Heads);
            return Windows.PositionBias(Ops.Scale(sigmoid.call(table), 16), positions, window);
        }

        // Equation 4: sign(x) * log2(1 + |x|), of distances between -8 and 8, over log2(8).
        private static Tensor LogCoordinates(long window)
        {
            using var scope = NewDisposeScope();
            var distances = ScalarArithmetic.Range(1 - window, window).to(float32).Over(window - 1).Times(8);
            var logarithms = distances.sign().mul(distances.abs().Plus(1).log2()).Over(3);
            return stack(meshgrid([logarithms, logarithms], indexing: "ij"), -1).unsqueeze(0).contiguous().MoveToOuterDisposeScope();
        }
    }
}
