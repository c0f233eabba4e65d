using Luma.Neural.Observation;
using Luma.Neural.Operations;
using static Luma.Zoo.Export.TorchScript.ScriptText;

namespace Luma.Zoo.Export.TorchScript;

/// <summary>Operations as expressions of TorchScript: each the operators of libtorch that the operation itself calls, of any number of images.</summary>
internal static class OperationScript
{
    /// <summary>Writes what a node of a graph computes.</summary>
    /// <param name="graph">The graph, in which no operation works in place.</param>
    /// <param name="node">The node.</param>
    /// <param name="x">Expressions for its inputs; <c>None</c> for those that are left out.</param>
    /// <returns>An expression.</returns>
    /// <exception cref="NotSupportedException">The operation is one of training.</exception>
    public static string Of(Graph graph, GraphNode node, IReadOnlyList<string> x) =>
        Of(node.Operation, x, [.. node.Inputs.Select(input => input is { } value ? graph.ShapeOf(value) : [])]);

    private static string Of(Operation operation, IReadOnlyList<string> x, IReadOnlyList<Integers> shapes) => operation switch
    {
        Operation.Convolution convolution => Convolution(convolution, x),
        Operation.FusedConvolution fused => Finish(Convolution(fused.Product, x), x[3], fused.Then),
        Operation.Linear => Linear(x),
        Operation.FusedLinear fused => Finish(Linear(x), x[3], fused.Then),
        Operation.Attention attention => Attention(attention, x, shapes),

        Operation.MaxPool pool => $"torch.max_pool{pool.Kernel.Count}d({x[0]}, {Text(pool.Kernel)}, {Text(pool.Stride)}, {Text(pool.Padding)}, {Text(pool.Dilation)}, {Text(pool.CeilMode)})",
        Operation.AveragePool pool => $"torch.avg_pool{pool.Kernel.Count}d({x[0]}, {Text(pool.Kernel)}, {Text(pool.Stride)}, {Text(pool.Padding)}, {Text(pool.CeilMode)}, {Text(pool.CountIncludePad)})",
        Operation.AdaptiveAveragePool pool => $"torch.adaptive_avg_pool{pool.OutputSize.Count}d({x[0]}, {Text(pool.OutputSize)})",

        Operation.BatchNorm { BatchStatistics: false } norm => $"torch.batch_norm({x[0]}, {x[3]}, {x[4]}, {x[1]}, {x[2]}, False, {Text(norm.Momentum)}, {Text(norm.Epsilon)}, True)",
        Operation.LayerNorm norm => $"torch.layer_norm({x[0]}, {Text(norm.Shape)}, {x[1]}, {x[2]}, {Text(norm.Epsilon)}, True)",
        Operation.LocalResponseNorm norm => LocalResponseNorm(norm, x[0], shapes[0]),
        Operation.Normalize norm => $"torch.div({x[0]}, torch.expand_as(torch.clamp_min(torch.norm({x[0]}, {Text(norm.P)}, [{norm.Dimension}], True), {Text(norm.Epsilon)}), {x[0]}))",

        Operation.ReLU => $"torch.relu({x[0]})",
        Operation.ReLU6 => $"torch.hardtanh({x[0]}, 0.0, 6.0)",
        Operation.LeakyReLU relu => $"torch.leaky_relu({x[0]}, {Text(relu.NegativeSlope)})",
        Operation.Tanh => $"torch.tanh({x[0]})",
        Operation.Sigmoid => $"torch.sigmoid({x[0]})",
        Operation.SiLU => $"torch.silu({x[0]})",
        Operation.Hardsigmoid => $"torch.hardsigmoid({x[0]})",
        Operation.Hardswish => $"torch.hardswish({x[0]})",
        Operation.GELU gelu => $"torch.gelu({x[0]}, approximate={Quoted(GeluMode(gelu))})",
        Operation.Softmax softmax => $"torch.softmax({x[0]}, {softmax.Dimension})",

        Operation.Identity => $"torch.alias({x[0]})",
        Operation.Cast cast => $"torch.to({x[0]}, {(int)cast.Type})",
        Operation.Add => $"torch.add({x[0]}, {x[1]})",
        Operation.Multiply => $"torch.mul({x[0]}, {x[1]})",
        Operation.Scale scale => $"torch.mul({x[0]}, {Text(scale.Factor)})",
        Operation.Power power => $"torch.pow({x[0]}, {Text(power.Exponent)})",
        Operation.Exp => $"torch.exp({x[0]})",
        Operation.Sign => $"torch.sign({x[0]})",
        Operation.Abs => $"torch.abs({x[0]})",
        Operation.Clamp when x[2] == "None" => $"torch.maximum({x[0]}, {x[1]})",
        Operation.Clamp => $"torch.clamp({x[0]}, {x[1]}, {x[2]})",
        Operation.ClampMax clamp => $"torch.clamp_max({x[0]}, {Text(clamp.Maximum)})",

        Operation.Flatten flatten => $"torch.flatten({x[0]}, {flatten.First}, {flatten.Last})",
        Operation.Unflatten unflatten => $"torch.unflatten({x[0]}, {unflatten.Dimension}, {Text(unflatten.Sizes)})",
        Operation.Reshape reshape => $"torch.reshape({x[0]}, {Text(reshape.Shape)})",
        Operation.Permute permute => $"torch.permute({x[0]}, {Text(permute.Dimensions)})",
        Operation.Slice slice => $"torch.slice({x[0]}, {slice.Dimension}, {slice.Start}, {slice.Stop ?? long.MaxValue}, {slice.Step})",
        Operation.Select select => $"torch.select({x[0]}, {select.Dimension}, {select.Index})",
        Operation.IndexSelect select => $"torch.index_select({x[0]}, {select.Dimension}, {x[1]})",
        Operation.Concat when x.Count == 1 => $"torch.clone({x[0]})",
        Operation.Concat concat => $"torch.cat([{string.Join(", ", x)}], {concat.Dimension})",
        Operation.ExpandLike expand => $"torch.expand({x[0]}, [{string.Join(", ", shapes[0].Index().Select(size => size.Index == expand.Dimension ? $"torch.size({x[1]}, {expand.Dimension})" : "-1"))}])",
        Operation.Pad pad => Pad(pad, x[0]),
        Operation.Roll roll => $"torch.roll({x[0]}, {Text(roll.Shifts)}, {Text(roll.Dimensions)})",

        _ => throw new NotSupportedException($"{operation.GetType().Name} is not written in TorchScript: record the network in evaluation mode."),
    };

    /// <summary>Writes what an activation makes of a value.</summary>
    public static string Apply(Operation activation, string value) => Of(activation, [value], []);

    /// <summary>How GELU is computed, in libtorch's words.</summary>
    public static string GeluMode(Operation.GELU gelu) => gelu.Approximation == Neural.Layers.GELUApproximation.Tanh ? "tanh" : "none";

    /// <summary>The amounts of padding as libtorch takes them: a pair for each axis, from the last one back.</summary>
    public static string Pairs(IEnumerable<long> before, IEnumerable<long> after) => Text(before.Zip(after).Reverse().SelectMany(axis => new[] { axis.First, axis.Second }));

    private static string Convolution(Operation.Convolution convolution, IReadOnlyList<string> x)
    {
        // libtorch pads as much after the input as before it; anything else is put on the input first.
        var same = convolution.PaddingBefore == convolution.PaddingAfter;
        var input = same ? x[0] : $"torch.constant_pad_nd({x[0]}, {Pairs(convolution.PaddingBefore, convolution.PaddingAfter)}, 0)";
        var padding = same ? convolution.PaddingBefore : new long[convolution.Stride.Count];
        return $"torch.conv{convolution.Stride.Count}d({input}, {x[1]}, {x[2]}, {Text(convolution.Stride)}, {Text(padding)}, {Text(convolution.Dilation)}, {convolution.Groups})";
    }

    private static string Linear(IReadOnlyList<string> x) => $"torch.linear({x[0]}, {x[1]}, {x[2]})";

    private static string Finish(string product, string added, Operation? then)
    {
        if (added != "None") product = $"torch.add({product}, {added})";
        return then is null ? product : Apply(then, product);
    }

    // As Operation.Attention does it: of what leads, all but the heads is made one dimension.
    private static string Attention(Operation.Attention attention, IReadOnlyList<string> x, IReadOnlyList<Integers> shapes)
    {
        if (attention.DropoutProbability != 0) throw new NotSupportedException("Dropout is not written in TorchScript: record the network in evaluation mode.");

        var (query, key, value, mask) = (x[0], x[1], x[2], x[3]);
        var standard = 1 / Math.Sqrt(shapes[0][^1]);
        if (attention.ScaleFactor != standard) query = $"torch.mul({query}, {Text(attention.ScaleFactor / standard)})";

        var folded = shapes[0].Count - 4;
        if (folded <= 0) return $"torch.scaled_dot_product_attention({query}, {key}, {value}, {mask})";

        var leading = shapes[0].Take(folded + 1).Skip(1).ToArray();
        if (mask != "None" && shapes[3].Count >= 4)
        {
            var repeats = shapes[3].SkipLast(3).Any(size => size != 1);
            if (repeats) mask = $"torch.expand({mask}, [torch.size({query}, 0), {string.Join(", ", leading.Concat(shapes[3].TakeLast(3)))}])";
            if (repeats || shapes[3].Count > 4) mask = Fold(mask, repeats ? folded : shapes[3].Count - 4);
        }
        return $"torch.unflatten(torch.scaled_dot_product_attention({Fold(query, folded)}, {Fold(key, folded)}, {Fold(value, folded)}, {mask}), 0, {Text([-1, .. leading])})";

        static string Fold(string tensor, int last) => $"torch.flatten({tensor}, 0, {last})";
    }

    // libtorch's own function of it, which has no operator: the mean of the squares is a pooling over the channels.
    private static string LocalResponseNorm(Operation.LocalResponseNorm norm, string x, Integers shape)
    {
        var (before, after) = (norm.Size / 2, (norm.Size - 1) / 2);
        var squares = $"torch.unsqueeze(torch.mul({x}, {x}), 1)";
        string mean;
        if (shape.Count == 3)
        {
            mean = $"torch.squeeze(torch.avg_pool2d(torch.constant_pad_nd({squares}, [0, 0, {before}, {after}], 0), [{norm.Size}, 1], [1, 1]), 1)";
        }
        else
        {
            var volume = $"torch.reshape({squares}, [torch.size({x}, 0), 1, {shape[1]}, torch.size({x}, 2), -1])";
            mean = $"torch.reshape(torch.avg_pool3d(torch.constant_pad_nd({volume}, [0, 0, 0, 0, {before}, {after}], 0), [{norm.Size}, 1, 1], [1, 1, 1]), torch.size({x}))";
        }
        return $"torch.div({x}, torch.pow(torch.add(torch.mul({mean}, {Text(norm.Alpha)}), {Text(norm.K)}), {Text(norm.Beta)}))";
    }

    private static string Pad(Operation.Pad pad, string x) => pad.Mode switch
    {
        PaddingModes.Constant or PaddingModes.Zeros => $"torch.constant_pad_nd({x}, {Pairs(pad.Before, pad.After)}, {Text(pad.Value)})",
        // libtorch reflects, repeats and continues spatial axes alone.
        _ => $"torch.pad({x}, {Pairs(pad.Before.Skip(2), pad.After.Skip(2))}, {Quoted(ModeName(pad.Mode))})",
    };

    private static string ModeName(PaddingModes mode) => mode switch
    {
        PaddingModes.Reflect => "reflect",
        PaddingModes.Replicate => "replicate",
        _ => "circular",
    };
}
