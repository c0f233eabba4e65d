using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>Makes several dimensions one.</summary>
/// <remarks>Input <c>(N, *)</c>, output <c>(N, L)</c> by default.</remarks>
/// <param name="first">The first of the dimensions.</param>
/// <param name="last">The last of them; -1 is the tensor's last.</param>
public sealed class Flatten(long first = 1, long last = -1) : Layer(nameof(Flatten))
{
    private readonly Operation.Flatten operation = new(first, last);

    /// <summary>The first of the dimensions.</summary>
    public long First => operation.First;

    /// <summary>The last of them; -1 is the tensor's last.</summary>
    public long Last => operation.Last;

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        var rank = input.Dimensions;
        var (from, to) = (First < 0 ? First + rank : First, Last < 0 ? Last + rank : Last);
        if (from < 0 || from > to || to >= rank) throw InputMismatch($"dimensions {First} to {Last}", input);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Ops.Run(operation, input);
}
