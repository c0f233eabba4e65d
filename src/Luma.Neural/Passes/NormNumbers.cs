using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>What batch normalisation with constant statistics does to each channel: x becomes scale x + shift.</summary>
internal static class NormNumbers
{
    /// <summary>The scale and the shift of a batch normalisation, in double precision.</summary>
    /// <returns>The two, which belong to the current dispose scope; null where they are not constant.</returns>
    public static (Tensor Scale, Tensor Shift)? Of(GraphEditor editor, GraphNode norm)
    {
        if (norm.Operation is not Operation.BatchNorm { BatchStatistics: false } operation) return null;
        if (editor.Constant(norm.Inputs[1]) is not { } mean || editor.Constant(norm.Inputs[2]) is not { } variance) return null;
        if (norm.Inputs.Skip(3).Any(input => input is not null && editor.Constant(input) is null)) return null;

        var scale = variance.to(float64).Plus(operation.Epsilon).rsqrt();
        if (editor.Constant(norm.Inputs[3]) is { } weight) scale = scale.mul(weight);
        var shift = mean.to(float64).mul(scale).neg();
        if (editor.Constant(norm.Inputs[4]) is { } bias) shift = shift.Plus(bias);
        return (scale, shift);
    }
}
