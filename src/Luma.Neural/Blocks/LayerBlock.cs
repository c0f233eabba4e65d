using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// What <see cref="ConvBlock"/> and <see cref="DenseBlock"/> share: a layer with weights, batch normalisation if any, an activation,
/// and what follows it if anything does.
/// </summary>
public abstract class LayerBlock : Sequence
{
    private protected LayerBlock(
        string name, string weightsName, Layer weights, long channels, BatchNorm? norm, Layer? activation, Layer? pooling, Layer? dropout)
        : base(name)
    {
        if (norm is not null && norm.Channels != channels)
            throw new ArgumentOutOfRangeException(nameof(norm), norm, $"Must have the {channels} channels of {weights}.");

        Append(weightsName, weights);
        Norm = Append("bn", norm);
        Activation = Append("activation", activation ?? new ReLU(inPlace: true))!;
        Pooling = Append("pool", pooling);
        Dropout = Append("dropout", dropout);
    }

    /// <summary>The batch normalisation, or null.</summary>
    public BatchNorm? Norm { get; }

    /// <summary>The activation.</summary>
    public Layer Activation { get; }

    /// <summary>The dropout, or null.</summary>
    public Layer? Dropout { get; }

    private protected Layer? Pooling { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({string.Join(", ", this)})";

    private T? Append<T>(string name, T? layer) where T : Layer
    {
        if (layer is not null) Add(name, layer);
        return layer;
    }
}
