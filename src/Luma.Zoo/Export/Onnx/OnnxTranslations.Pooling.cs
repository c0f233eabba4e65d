using Luma.Neural;
using Luma.Neural.Operations;

namespace Luma.Zoo.Export.Onnx;

// ONNX knows adaptive pooling to one element only. In general it is a product with a matrix of shares on each axis: row i has 1 / length in
// the window from floor(i * size / outputs) to ceil((i + 1) * size / outputs).
internal static partial class OnnxTranslations
{
    private static string AdaptiveAveragePool(Operation.AdaptiveAveragePool op, OnnxStep x)
    {
        var sizes = x.Shape(0)[^op.OutputSize.Count..];
        if (op.OutputSize.All(size => size == 1)) return x.Add("GlobalAveragePool", [x.X]);
        if (sizes.Zip(op.OutputSize).All(axis => axis.First == axis.Second)) return x.X;
        if (sizes.Zip(op.OutputSize).All(axis => axis.First % axis.Second == 0))
        {
            long[] windows = [.. sizes.Zip(op.OutputSize, (size, outputs) => size!.Value / outputs)];
            return x.Add("AveragePool", [x.X], ("kernel_shape", windows), ("strides", windows));
        }

        var value = x.X;
        for (var axis = 0; axis < sizes.Length; axis++)
        {
            if (sizes[axis] == op.OutputSize[axis]) continue;
            var shares = sizes[axis] is { } size ? Shares(x, size, op.OutputSize[axis]) : Shares(x, x.Rank(0) - sizes.Length + axis, op.OutputSize[axis]);
            value = Along(x, value, x.Rank(0) - sizes.Length + axis, shares);
        }
        return value;
    }

    // (outputs, size) times the value along one of its axes.
    private static string Along(OnnxStep x, string value, int axis, string shares)
    {
        var rank = x.Rank(0);
        if (axis == rank - 2) return x.Add("MatMul", [shares, value]);
        // The axis and the one before the last change places, and change back.
        long[] order = [.. Enumerable.Range(0, rank)];
        (order[axis], order[rank - 2]) = (order[rank - 2], order[axis]);
        if (axis == rank - 1) return x.Add("MatMul", [value, x.Add("Transpose", [shares], ("perm", new long[] { 1, 0 }))]);
        return x.Add("Transpose", [x.Add("MatMul", [shares, x.Add("Transpose", [value], ("perm", order))])], ("perm", order));
    }

    // Of an axis whose size is known.
    private static string Shares(OnnxStep x, long size, long outputs) => x.Graph.Constant($"{x.Graph.Type} shares of {size} in {outputs}", () =>
    {
        using var scope = NewDisposeScope();
        var shares = zeros([outputs, size], float64);
        for (var i = 0L; i < outputs; i++)
        {
            var (start, end) = (i * size / outputs, (((i + 1) * size) + outputs - 1) / outputs);
            shares[i].slice(0, start, end, 1).Fill(1.0 / (end - start));
        }
        return OnnxGraph.Tensor(shares.to(x.Graph.Type));
    });

    // Of an axis whose size is known when the model runs.
    private static string Shares(OnnxStep x, int axis, long outputs)
    {
        var (zero, one) = (x.Graph.Int(0), x.Graph.Int(1));
        var size = x.Add("Gather", [x.Add("Shape", [x.X]), x.Graph.Int(axis)], ("axis", 0));
        var number = x.Add("Unsqueeze", [x.Graph.Ints([.. Enumerable.Range(0, (int)outputs)]), x.Graph.Ints(1)]);
        var start = x.Add("Div", [x.Add("Mul", [number, size]), x.Graph.Int(outputs)]);
        var end = x.Add("Div", [x.Add("Add", [x.Add("Mul", [x.Add("Add", [number, one]), size]), x.Graph.Int(outputs - 1)]), x.Graph.Int(outputs)]);
        var places = x.Add("Range", [zero, size, one]);
        var inside = x.Add("And", [x.Add("GreaterOrEqual", [places, start]), x.Add("Less", [places, end])]);
        var type = ("to", (object)(int)OnnxGraph.TypeOf(x.Graph.Type));
        return x.Add("Div", [x.Add("Cast", [inside], type), x.Add("Cast", [x.Add("Sub", [end, start])], type)]);
    }
}
