using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>A convolution or dense layer with constant weights, whose result one operation alone reads: passes can change its weights.</summary>
/// <param name="Node">The convolution or dense layer.</param>
/// <param name="Weight">Its weight, with the outputs along dimension 0.</param>
/// <param name="Bias">Its bias, or null.</param>
/// <param name="Rank">How many dimensions its result has.</param>
internal sealed record ProductWeights(GraphNode Node, Tensor Weight, Tensor? Bias, int Rank)
{
    /// <summary>Finds the product that made a value.</summary>
    /// <returns>The product; null where the value is made in another way, read elsewhere too, or the weights are computed.</returns>
    public static ProductWeights? Of(GraphEditor editor, int value)
    {
        if (editor.Producer(value) is not { Operation: Operation.Convolution or Operation.Linear } node || editor.OnlyReader(value) is null) return null;
        if (editor.Constant(node.Inputs[1]) is not { } weight) return null;

        var bias = editor.Constant(node.Inputs[2]);
        return bias is null && node.Inputs[2] is not null ? null : new(node, weight, bias, editor.ShapeOf(value).Count);
    }

    /// <summary>Whether a dimension of the result is that of the outputs: a convolution's second, a dense layer's last.</summary>
    public bool IsChannel(int dimension) => dimension == (Node.Operation is Operation.Convolution ? 1 : Rank - 1);

    /// <summary>The inputs with which it gives its outputs times a scale, plus a shift.</summary>
    /// <param name="editor">Gets the new weights.</param>
    /// <param name="scale">A factor for each output, or one for all.</param>
    /// <param name="shift">What is then added to each; null for nothing.</param>
    /// <returns>The inputs.</returns>
    // In double precision, so that the only rounding is that of the result.
    public IReadOnlyList<int?> Transformed(GraphEditor editor, Tensor scale, Tensor? shift)
    {
        using var scope = NewDisposeScope();
        var perOutput = scale.to(float64).reshape([-1, .. Enumerable.Repeat(1L, (int)Weight.Dimensions - 1)]);
        var weight = Weight.to(float64, copy: true).mul_(perOutput).to(Weight.dtype);

        var bias = Bias?.to(float64).mul(scale.to(float64).reshape(-1));
        if (shift is not null) bias = bias is null ? shift.to(float64) : bias.Plus(shift);

        var name = editor.NameOf(Node.Inputs[1]!.Value);
        var module = name.Contains('.') ? name[..(name.LastIndexOf('.') + 1)] : "";
        return
        [
            Node.Inputs[0],
            editor.AddConstant(name, weight),
            bias is null ? null : editor.AddConstant($"{module}bias", bias.to(Weight.dtype)),
        ];
    }
}
