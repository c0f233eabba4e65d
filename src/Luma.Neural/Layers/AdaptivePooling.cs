using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// What the average poolings to a given size share: the input is cut into as many windows as the output has elements, and each
/// element is its window's mean.
/// </summary>
public abstract class AdaptivePooling : Layer
{
    private readonly Operation.AdaptiveAveragePool operation;
    private readonly long[] least;

    private protected AdaptivePooling(string kind, int rank, PerAxis outputSize) : base($"{kind}{rank}D")
    {
        (Rank, OutputSize) = (rank, outputSize);
        operation = new(outputSize.ToArray(rank, 1, nameof(outputSize)));
        least = [.. Enumerable.Repeat(1L, rank)];
    }

    /// <summary>The number of spatial axes: 1, 2 or 3.</summary>
    public int Rank { get; }

    /// <summary>The size of the output.</summary>
    public PerAxis OutputSize { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({OutputSize})";

    /// <inheritdoc/>
    protected sealed override void Check(Tensor input)
    {
        if (!Shapes.IsBatch(input, least)) throw InputMismatch(Shapes.Batch(null, Rank), input);
    }

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input) => Ops.Run(operation, input);
}

/// <summary>Averages sequences of any size to one size.</summary>
/// <remarks>Input <c>(N, C, W)</c>, output <c>(N, C, W_out)</c>.</remarks>
/// <param name="outputSize">The size of the output.</param>
/// <exception cref="ArgumentOutOfRangeException">A size is below 1, or there are not as many as axes.</exception>
public sealed class AdaptiveAvgPooling1D(PerAxis outputSize) : AdaptivePooling("AdaptiveAvgPooling", 1, outputSize);

/// <summary>Averages images of any size to one size.</summary>
/// <remarks>Input <c>(N, C, H, W)</c>, output <c>(N, C, H_out, W_out)</c>.</remarks>
/// <param name="outputSize">The size of the output.</param>
/// <exception cref="ArgumentOutOfRangeException">A size is below 1, or there are not as many as axes.</exception>
public sealed class AdaptiveAvgPooling2D(PerAxis outputSize) : AdaptivePooling("AdaptiveAvgPooling", 2, outputSize);

/// <summary>Averages volumes of any size to one size.</summary>
/// <remarks>Input <c>(N, C, D, H, W)</c>, output <c>(N, C, D_out, H_out, W_out)</c>.</remarks>
/// <param name="outputSize">The size of the output.</param>
/// <exception cref="ArgumentOutOfRangeException">A size is below 1, or there are not as many as axes.</exception>
public sealed class AdaptiveAvgPooling3D(PerAxis outputSize) : AdaptivePooling("AdaptiveAvgPooling", 3, outputSize);

/// <summary>The mean over sequences as a whole.</summary>
/// <remarks>Input <c>(N, C, W)</c>, output <c>(N, C, 1)</c>.</remarks>
public sealed class GlobalAvgPooling1D() : AdaptivePooling("GlobalAvgPooling", 1, 1);

/// <summary>The mean over images as a whole.</summary>
/// <remarks>Input <c>(N, C, H, W)</c>, output <c>(N, C, 1, 1)</c>.</remarks>
public sealed class GlobalAvgPooling2D() : AdaptivePooling("GlobalAvgPooling", 2, 1);

/// <summary>The mean over volumes as a whole.</summary>
/// <remarks>Input <c>(N, C, D, H, W)</c>, output <c>(N, C, 1, 1, 1)</c>.</remarks>
public sealed class GlobalAvgPooling3D() : AdaptivePooling("GlobalAvgPooling", 3, 1);
