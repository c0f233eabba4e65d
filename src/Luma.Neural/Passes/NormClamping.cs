using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>
/// Makes of batch normalisation, ReLU and a 1x1 convolution, as DenseNets have them, a clamp and a convolution: what cannot go into weights
/// before it goes into those after it.
/// </summary>
/// <remarks>
/// With a scale s and a shift b of a channel, ReLU(s x + b) is s max(x, -b / s) + b if s is positive, and s min(x, -b / s) + b if it is
/// negative. The factor and the sum go into the convolution.
/// </remarks>
internal static class NormClamping
{
    // How many deviations a mean may lie from zero. The sum's roundings grow with it, where ReLU gives exact zeros.
    private const double MostDeviations = 64;

    // A bound beyond this is never reached by a value; it comes of a scale that does nothing.
    private const double Furthest = 1e30;

    public static Graph Apply(Graph graph)
    {
        using var noGrad = no_grad();
        var editor = new GraphEditor(graph);
        foreach (var node in graph.Nodes)
        {
            if (node.Operation is not Operation.ReLU || Source(editor, node) is not { Operation: Operation.BatchNorm { BatchStatistics: false } } norm) continue;
            if (editor.OnlyReader(node.Output) is not { Operation: Operation.Convolution convolution } product || !IsPointwise(convolution)) continue;
            if (product.Inputs[0] != node.Output || editor.Constant(product.Inputs[1]) is not { } weight || weight.shape.Skip(2).Any(size => size != 1)) continue;
            if (product.Inputs[2] is not null && editor.Constant(product.Inputs[2]) is null) continue;

            using var scope = NewDisposeScope();
            if (NormNumbers.Of(editor, norm) is not var (scale, shift) || !IsNearZero(editor, norm)) continue;

            var channels = Channel.Of(scale, shift);
            List<long> broadcast = [1, -1, .. Enumerable.Repeat(1L, editor.ShapeOf(node.Output).Count - 2)];
            var name = editor.NameOf(norm.Inputs[1]!.Value);
            int Bound(string kind, Func<Channel, double> bound) =>
                editor.AddConstant($"{name}.{kind}", tensor([.. channels.Select(bound)], float64).to(weight.dtype).reshape([.. broadcast]));

            int? high = channels.Exists(channel => double.IsFinite(channel.High)) ? Bound("high", channel => channel.High) : null;
            editor.Replace(node, new Operation.Clamp(), [norm.Inputs[0], Bound("low", channel => channel.Low), high], norm);
            editor.Replace(product, convolution, [node.Output, .. Folded(editor, product, weight, channels)]);
        }
        return editor.Finish();
    }

    private static GraphNode? Source(GraphEditor editor, GraphNode node) =>
        editor.OnlyReader(node.Inputs[0]!.Value) is null ? null : editor.Producer(node.Inputs[0]);

    // The shift is the same at every pixel only where nothing is padded.
    private static bool IsPointwise(Operation.Convolution convolution) =>
        convolution.Groups == 1 && convolution.PaddingBefore.Concat(convolution.PaddingAfter).All(amount => amount == 0);

    private static bool IsNearZero(GraphEditor editor, GraphNode norm)
    {
        var epsilon = ((Operation.BatchNorm)norm.Operation).Epsilon;
        return Numbers(norm.Inputs[1]).Zip(Numbers(norm.Inputs[2])).All(channel => Math.Abs(channel.First) <= MostDeviations * Math.Sqrt(channel.Second + epsilon));

        double[] Numbers(int? constant) => editor.Constant(constant)!.to(float64).data<double>().ToArray();
    }

    // The weights and the bias with which the convolution gives the same of the clamped values.
    private static IEnumerable<int?> Folded(GraphEditor editor, GraphNode product, Tensor weight, List<Channel> channels)
    {
        var exact = weight.to(float64);
        long[] along = [1, -1, .. Enumerable.Repeat(1L, (int)weight.Dimensions - 2)];
        var scale = tensor([.. channels.Select(channel => channel.Scale)], float64);
        var bias = exact.flatten(1).mv(tensor([.. channels.Select(channel => channel.Shift)], float64));
        if (editor.Constant(product.Inputs[2]) is { } own) bias = bias.Plus(own.to(float64));

        var name = editor.NameOf(product.Inputs[1]!.Value);
        return
        [
            editor.AddConstant(name, exact.mul(scale.reshape(along)).to(weight.dtype)),
            editor.AddConstant($"{name}.bias", bias.to(weight.dtype)),
        ];
    }

    // The bounds of a channel, and what is left for the convolution.
    private readonly record struct Channel(double Low, double High, double Scale, double Shift)
    {
        public static List<Channel> Of(Tensor scale, Tensor shift) =>
            [.. scale.data<double>().ToArray().Zip(shift.data<double>().ToArray(), Of)];

        private static Channel Of(double scale, double shift)
        {
            var bound = -shift / scale;
            // NaN where both are zero.
            if (!(Math.Abs(bound) <= Furthest)) return new(0, double.PositiveInfinity, 0, Math.Max(shift, 0));
            return scale > 0 ? new(bound, double.PositiveInfinity, scale, shift) : new(double.NegativeInfinity, bound, scale, shift);
        }
    }
}
