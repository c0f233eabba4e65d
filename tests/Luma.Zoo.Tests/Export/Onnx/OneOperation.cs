using Luma.Neural;
using Luma.Neural.Operations;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>A network of one operation, whose further inputs are its parameters.</summary>
internal sealed class OneOperation : Block
{
    private readonly Operation operation;
    private readonly Tensor?[] others;

    public OneOperation(Operation operation, params Tensor?[] others) : base(nameof(OneOperation))
    {
        (this.operation, this.others) = (operation, others);
        foreach (var (place, other) in others.Index())
        {
            if (other is not null) RegisterBuffer($"other{place}", other);
        }
    }

    protected override Tensor Compute(Tensor x) => Ops.Run(operation, operation is Operation.ShiftMask ? [] : [x, .. others]);
}
