using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>A dense layer, then batch normalisation if any, an activation, and dropout if any.</summary>
/// <remarks>
/// Input <c>(N, L_in)</c>, output <c>(N, L_out)</c>. The children's names are <c>linear</c>, <c>bn</c>, <c>activation</c> and
/// <c>dropout</c>.
/// </remarks>
/// <param name="inFeatures">The number of inputs.</param>
/// <param name="outFeatures">The number of outputs.</param>
/// <param name="bias">Whether the dense layer adds a bias.</param>
/// <param name="norm">The batch normalisation, or null for none.</param>
/// <param name="activation">The activation; by default an in-place <see cref="ReLU"/>.</param>
/// <param name="dropout">The dropout, or null for none.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// A number is below 1, or <paramref name="norm"/> has another number of channels than the output has features.
/// </exception>
public sealed class DenseBlock(
    long inFeatures, long outFeatures, bool bias = true, BatchNorm1D? norm = null, Layer? activation = null, Layer? dropout = null)
    : LayerBlock(
        nameof(DenseBlock), "linear", new Dense(inFeatures, outFeatures, bias), outFeatures, norm, activation, pooling: null, dropout);
