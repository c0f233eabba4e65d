using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Neural.Operations;

namespace Luma.Zoo.Export.Onnx;

/// <summary>How each kind of operation is said in ONNX: one entry a kind, and none without.</summary>
internal static partial class OnnxTranslations
{
    private const string Trains = "is for training";

    private static readonly Dictionary<Type, Func<Operation, OnnxStep, string>> All = new([
        // Products
        Of<Operation.Convolution>((op, x) => x.Add(
            "Conv", x.All, ("strides", op.Stride), ("pads", op.PaddingBefore.Concat(op.PaddingAfter)), ("dilations", op.Dilation), ("group", op.Groups))),
        Of<Operation.Linear>((_, x) => Linear(x)),
        Of<Operation.Attention>(Attention),
        Of<Operation.FusedConvolution>((op, x) => Finish(x, Translate(op.Product, x.With(x[0], x[1], x[2])), op.Then)),
        Of<Operation.FusedLinear>((op, x) => Finish(x, Linear(x.With(x[0], x[1], x[2])), op.Then)),

        // Functions of each element
        Of<Operation.ReLU>((_, x) => x.Add("Relu", [x.X])),
        Of<Operation.ReLU6>((_, x) => x.Add("Clip", [x.X, x.Graph.Number(0), x.Graph.Number(6)])),
        Of<Operation.LeakyReLU>((op, x) => x.Add("LeakyRelu", [x.X], ("alpha", op.NegativeSlope))),
        Of<Operation.Tanh>((_, x) => x.Add("Tanh", [x.X])),
        Of<Operation.Sigmoid>((_, x) => x.Add("Sigmoid", [x.X])),
        Of<Operation.SiLU>((_, x) => x.Add("Mul", [x.X, x.Add("Sigmoid", [x.X])])),
        Of<Operation.Hardsigmoid>((_, x) => x.Add("HardSigmoid", [x.X], ("alpha", 1.0 / 6), ("beta", 0.5))),
        Of<Operation.Hardswish>((_, x) => x.Add("HardSwish", [x.X])),
        Of<Operation.GELU>(Gelu),
        Of<Operation.Softmax>((op, x) => x.Add("Softmax", [x.X], ("axis", op.Dimension))),
        Of<Operation.Power>((op, x) => x.Add("Pow", [x.X, x.Graph.Number(op.Exponent)])),
        Of<Operation.Exp>((_, x) => x.Add("Exp", [x.X])),
        Of<Operation.Sign>((_, x) => x.Add("Sign", [x.X])),
        Of<Operation.Abs>((_, x) => x.Add("Abs", [x.X])),
        Of<Operation.Clamp>((_, x) => x[2] is { } high ? x.Add("Min", [x.Add("Max", [x.X, x[1]!]), high]) : x.Add("Max", [x.X, x[1]!])),
        Of<Operation.ClampMax>((op, x) => x.Add("Min", [x.X, x.Graph.Number(op.Maximum)])),

        // Arithmetic
        Of<Operation.Identity>((_, x) => x.X),
        Of<Operation.Cast>((op, x) => x.Add("Cast", [x.X], ("to", (int)OnnxGraph.TypeOf(op.Type)))),
        Of<Operation.Add>((_, x) => x.Add("Add", x.All)),
        Of<Operation.Multiply>((_, x) => x.Add("Mul", x.All)),
        Of<Operation.Scale>((op, x) => x.Add("Mul", [x.X, x.Graph.Number(op.Factor)])),
        Of<Operation.Increment>((_, x) => throw x.Refusal(Trains)),

        // Normalisation
        Of<Operation.BatchNorm>(BatchNorm),
        Of<Operation.LayerNorm>((op, x) => x.Add("LayerNormalization", [x.X, x[1] ?? Ones(x, op.Shape), x[2]], ("axis", -op.Shape.Count), ("epsilon", op.Epsilon))),
        Of<Operation.LocalResponseNorm>(LocalResponseNorm),
        Of<Operation.Normalize>(Normalize),

        // Pooling
        Of<Operation.MaxPool>((op, x) => x.Add(
            "MaxPool", [x.X], ("kernel_shape", op.Kernel), ("strides", op.Stride), ("pads", op.Padding.Concat(op.Padding)), ("dilations", op.Dilation),
            ("ceil_mode", op.CeilMode ? 1 : 0))),
        Of<Operation.AveragePool>((op, x) => x.Add(
            "AveragePool", [x.X], ("kernel_shape", op.Kernel), ("strides", op.Stride), ("pads", op.Padding.Concat(op.Padding)),
            ("ceil_mode", op.CeilMode ? 1 : 0), ("count_include_pad", op.CountIncludePad ? 1 : 0))),
        Of<Operation.AdaptiveAveragePool>(AdaptiveAveragePool),

        // Shapes
        Of<Operation.Flatten>((_, x) => x.Reshape()),
        Of<Operation.Unflatten>((_, x) => x.Reshape()),
        Of<Operation.Reshape>((_, x) => x.Reshape()),
        Of<Operation.Permute>((op, x) => x.Add("Transpose", [x.X], ("perm", op.Dimensions.Select(dimension => dimension < 0 ? dimension + op.Dimensions.Count : dimension)))),
        Of<Operation.Slice>((op, x) => x.Slice(x.X, op.Dimension, op.Start, op.Stop, op.Step)),
        Of<Operation.Select>((op, x) => x.Add("Gather", [x.X, x.Graph.Int(op.Index)], ("axis", op.Dimension))),
        Of<Operation.IndexSelect>((op, x) => x.Add("Gather", x.All, ("axis", op.Dimension))),
        Of<Operation.Concat>((op, x) => x.Add("Concat", x.All, ("axis", op.Dimension))),
        Of<Operation.ExpandLike>(ExpandLike),
        Of<Operation.Pad>(Pad),
        Of<Operation.Roll>(Roll),
        Of<Operation.ShiftMask>((op, x) => x.Graph.Constant($"{op}", () => OnnxGraph.Tensor((op with { Type = x.Graph.Type, DeviceType = DeviceType.CPU, DeviceIndex = -1 }).Compute()))),

        // Chance
        Of<Operation.Dropout>((_, x) => throw x.Refusal(Trains)),
        Of<Operation.ChannelDropout>((_, x) => throw x.Refusal(Trains)),
        Of<Operation.SampleMask>((_, x) => throw x.Refusal(Trains)),
    ]);

    /// <summary>The kinds of operations that there are translations for.</summary>
    public static IReadOnlyCollection<Type> Kinds => All.Keys;

    /// <summary>Adds an operation to a graph.</summary>
    /// <returns>The name of its output.</returns>
    /// <exception cref="NotSupportedException">ONNX cannot do it.</exception>
    public static string Translate(Operation operation, OnnxStep step) => All[operation.GetType()](operation, step);

    private static KeyValuePair<Type, Func<Operation, OnnxStep, string>> Of<T>(Func<T, OnnxStep, string> translate) where T : Operation =>
        new(typeof(T), (operation, step) => translate((T)operation, step));

    // Gemm is for matrices alone.
    private static string Linear(OnnxStep x)
    {
        if (x.Rank(0) == 2) return x.Add("Gemm", x.All, ("transB", 1));
        var product = x.Add("MatMul", [x.X, x.Add("Transpose", [x[1]], ("perm", new long[] { 1, 0 }))]);
        return x[2] is { } bias ? x.Add("Add", [product, bias]) : product;
    }

    private static string Finish(OnnxStep x, string product, Operation? then)
    {
        if (x[3] is { } added) product = x.Add("Add", [product, added]);
        return then is null ? product : Translate(then, x.With(product));
    }

    private static string Attention(Operation.Attention op, OnnxStep x)
    {
        if (op.DropoutProbability > 0) throw x.Refusal(Trains);
        var rank = x.Rank(1);
        var transposed = x.Add("Transpose", [x[1]], ("perm", Enumerable.Range(0, rank).Select(axis => axis < rank - 2 ? axis : (2L * rank) - 3 - axis)));
        var weights = x.Add("MatMul", [x.Add("Mul", [x.X, x.Graph.Number(op.ScaleFactor)]), transposed]);
        if (x[3] is { } mask) weights = x.Add("Add", [weights, mask]);
        return x.Add("MatMul", [x.Add("Softmax", [weights], ("axis", -1)), x[2]]);
    }

    // ONNX has it from opset 20 on; in these steps runtimes know it.
    private static string Gelu(Operation.GELU op, OnnxStep x)
    {
        var (one, half) = (x.Graph.Number(1), x.Graph.Number(0.5));
        if (op.Approximation != GELUApproximation.Tanh)
        {
            var erf = x.Add("Erf", [x.Add("Div", [x.X, x.Graph.Number(Math.Sqrt(2))])]);
            return x.Add("Mul", [x.Add("Mul", [x.X, x.Add("Add", [erf, one])]), half]);
        }
        var cube = x.Add("Mul", [x.Add("Pow", [x.X, x.Graph.Number(3)]), x.Graph.Number(0.044715)]);
        var tanh = x.Add("Tanh", [x.Add("Mul", [x.Add("Add", [x.X, cube]), x.Graph.Number(Math.Sqrt(2 / Math.PI))])]);
        return x.Add("Mul", [x.Add("Mul", [x.X, x.Add("Add", [tanh, one])]), half]);
    }

    private static string BatchNorm(Operation.BatchNorm op, OnnxStep x)
    {
        if (op.BatchStatistics) throw x.Refusal("normalises by the statistics of its own batch");
        if (x.Shape(0)[1] is not { } count) throw x.Refusal("has any number of channels");
        var channels = Integers.Create([count]);
        return x.Add(
            "BatchNormalization", [x.X, x[3] ?? Ones(x, channels), x[4] ?? Filled(x, channels, 0), x[1], x[2]], ("epsilon", op.Epsilon));
    }

    // ONNX's window of an even size lies the other way round, and it takes images alone.
    private static string LocalResponseNorm(Operation.LocalResponseNorm op, OnnxStep x)
    {
        if (op.Size % 2 == 1 && x.Rank(0) == 4) return x.Add("LRN", [x.X], ("size", op.Size), ("alpha", op.Alpha), ("beta", op.Beta), ("bias", op.K));

        var rows = x.Add("Reshape", [x.Add("Mul", [x.X, x.X]), x.Graph.Ints(0, 1, x.Shape(0)[1] ?? throw x.Refusal("has any number of channels"), -1)]);
        var means = x.Add(
            "AveragePool", [rows], ("kernel_shape", new[] { op.Size, 1 }), ("pads", new[] { op.Size / 2, 0, (op.Size - 1) / 2, 0 }), ("count_include_pad", 1));
        var sums = x.Add("Add", [x.Add("Mul", [means, x.Graph.Number(op.Alpha)]), x.Graph.Number(op.K)]);
        return x.Add("Div", [x.X, x.Add("Reshape", [x.Add("Pow", [sums, x.Graph.Number(op.Beta)]), x.Add("Shape", [x.X])])]);
    }

    private static string Normalize(Operation.Normalize op, OnnxStep x)
    {
        if (op.P is not (1 or 2)) throw x.Refusal($"takes the norm of power {op.P}");
        var norm = x.Add(op.P == 1 ? "ReduceL1" : "ReduceL2", [x.X], ("axes", new[] { op.Dimension }), ("keepdims", 1));
        return x.Add("Div", [x.X, x.Add("Max", [norm, x.Graph.Number(op.Epsilon)])]);
    }

    private static string ExpandLike(Operation.ExpandLike op, OnnxStep x)
    {
        var (size, rank) = (x.SizeOf(x[1]!, op.Dimension), x.Rank(0));
        long[] before = [.. Enumerable.Repeat(1L, op.Dimension)], after = [.. Enumerable.Repeat(1L, rank - op.Dimension - 1)];
        return x.Add("Expand", [x.X, x.Concat(0, [.. before.Length > 0 ? [x.Graph.Ints(before)] : (string[])[], size, .. after.Length > 0 ? [x.Graph.Ints(after)] : (string[])[]])]);
    }

    private static string Pad(Operation.Pad op, OnnxStep x)
    {
        if (op.Mode == PaddingModes.Circular) return Continue(op, x);
        var mode = op.Mode switch
        {
            PaddingModes.Reflect => "reflect",
            PaddingModes.Replicate => "edge",
            _ => "constant",
        };
        return x.Add("Pad", [x.X, x.Graph.Ints([.. op.Before, .. op.After]), mode == "constant" ? x.Graph.Number(op.Value) : null], ("mode", mode));
    }

    // ONNX has it from opset 19 on.
    private static string Continue(Operation.Pad op, OnnxStep x)
    {
        var value = x.X;
        for (var axis = 0; axis < op.Before.Count; axis++)
        {
            List<string> parts = [value];
            if (op.Before[axis] > 0) parts.Insert(0, x.Slice(value, axis, -op.Before[axis], null));
            if (op.After[axis] > 0) parts.Add(x.Slice(value, axis, 0, op.After[axis]));
            value = x.Concat(axis, parts);
        }
        return value;
    }

    private static string Roll(Operation.Roll op, OnnxStep x)
    {
        var value = x.X;
        foreach (var (shift, dimension) in op.Shifts.Zip(op.Dimensions))
        {
            var by = x.Shape(0)[dimension < 0 ? (int)dimension + x.Rank(0) : (int)dimension] is { } size ? shift % size : shift;
            if (by != 0) value = x.Concat(dimension, x.Slice(value, dimension, -by, null), x.Slice(value, dimension, 0, -by));
        }
        return value;
    }

    private static string Ones(OnnxStep x, Integers shape) => Filled(x, shape, 1);

    private static string Filled(OnnxStep x, Integers shape, double value) => x.Graph.Constant($"{x.Graph.Type} {shape} of {value}", () =>
    {
        using var scope = NewDisposeScope();
        return OnnxGraph.Tensor(empty([.. shape], x.Graph.Type).Fill(value));
    });
}
