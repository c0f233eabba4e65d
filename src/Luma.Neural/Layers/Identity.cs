namespace Luma.Neural.Layers;

/// <summary>Hands its input through, as another tensor on the same memory; any shape.</summary>
public sealed class Identity() : Layer(nameof(Identity))
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Ops.Identity(input);
}
