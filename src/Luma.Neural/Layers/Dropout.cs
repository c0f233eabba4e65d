using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// What the dropouts share, after Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014):
/// in training, parts of the input are set to zero at random and the rest is scaled by 1 / (1 - p); in evaluation nothing happens.
/// </summary>
/// <remarks>The random numbers are drawn as PyTorch draws them: the same seed drops the same parts.</remarks>
public abstract class DropoutLayer : Layer
{
    private readonly Operation operation;

    private protected DropoutLayer(string name, double probability, bool inPlace, Operation operation) : base(name)
    {
        if (!(probability is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "Must lie between 0 and 1.");

        (Probability, InPlace, this.operation) = (probability, inPlace, operation);
    }

    /// <summary>The probability that a part is dropped.</summary>
    public double Probability { get; }

    /// <summary>Whether the output takes the place of the input.</summary>
    public bool InPlace { get; }

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input) => training ? Ops.Run(operation, input) : Ops.Identity(input);
}

/// <summary>Drops single elements.</summary>
/// <remarks>Any shape in, the same shape out.</remarks>
/// <param name="probability">The probability that an element is dropped.</param>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
/// <exception cref="ArgumentOutOfRangeException">The probability does not lie between 0 and 1.</exception>
public sealed class Dropout(double probability = 0.5, bool inPlace = false)
    : DropoutLayer(nameof(Dropout), probability, inPlace, new Operation.Dropout(probability, inPlace));

/// <summary>What the dropouts of whole channels share.</summary>
public abstract class ChannelDropout : DropoutLayer
{
    private protected ChannelDropout(int rank, double probability, bool inPlace)
        : base($"Dropout{rank}D", probability, inPlace, new Operation.ChannelDropout(probability, inPlace)) => Rank = rank;

    /// <summary>The number of spatial axes: 1, 2 or 3.</summary>
    public int Rank { get; }

    /// <inheritdoc/>
    protected sealed override void Check(Tensor input)
    {
        if (input.Dimensions != Rank + 2) throw InputMismatch(Shapes.Batch(null, Rank), input);
    }
}

/// <summary>Drops whole channels of sequences.</summary>
/// <remarks>Input and output <c>(N, C, W)</c>.</remarks>
/// <param name="probability">The probability that a channel is dropped.</param>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
/// <exception cref="ArgumentOutOfRangeException">The probability does not lie between 0 and 1.</exception>
public sealed class Dropout1D(double probability = 0.5, bool inPlace = false) : ChannelDropout(1, probability, inPlace);

/// <summary>Drops whole channels of images.</summary>
/// <remarks>Input and output <c>(N, C, H, W)</c>.</remarks>
/// <param name="probability">The probability that a channel is dropped.</param>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
/// <exception cref="ArgumentOutOfRangeException">The probability does not lie between 0 and 1.</exception>
public sealed class Dropout2D(double probability = 0.5, bool inPlace = false) : ChannelDropout(2, probability, inPlace);

/// <summary>Drops whole channels of volumes.</summary>
/// <remarks>Input and output <c>(N, C, D, H, W)</c>.</remarks>
/// <param name="probability">The probability that a channel is dropped.</param>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
/// <exception cref="ArgumentOutOfRangeException">The probability does not lie between 0 and 1.</exception>
public sealed class Dropout3D(double probability = 0.5, bool inPlace = false) : ChannelDropout(3, probability, inPlace);
