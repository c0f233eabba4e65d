namespace Luma.Neural.Layers;

/// <summary>
/// What the dropouts share, after Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014):
/// in training, parts of the input are set to zero at random and the rest is scaled by 1 / (1 - p); in evaluation nothing happens.
/// </summary>
/// <remarks>The random numbers are drawn as PyTorch draws them: the same seed drops the same parts.</remarks>
public abstract class DropoutLayer : Layer
{
    private protected DropoutLayer(string name, double probability, bool inPlace) : base(name)
    {
        if (!(probability is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "Must lie between 0 and 1.");

        (Probability, InPlace) = (probability, inPlace);
    }

    /// <summary>The probability that a part is dropped.</summary>
    public double Probability { get; }

    /// <summary>Whether the output takes the place of the input.</summary>
    public bool InPlace { get; }

    /// <summary>The input with parts of it dropped.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The output.</returns>
    protected abstract Tensor Drop(Tensor input);

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input) => training ? Drop(input) : input.alias();
}

/// <summary>Drops single elements.</summary>
/// <remarks>Any shape in, the same shape out.</remarks>
/// <param name="probability">The probability that an element is dropped.</param>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
/// <exception cref="ArgumentOutOfRangeException">The probability does not lie between 0 and 1.</exception>
public sealed class Dropout(double probability = 0.5, bool inPlace = false) : DropoutLayer(nameof(Dropout), probability, inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Drop(Tensor input) => nn.functional.dropout(input, Probability, training: true, InPlace);
}

/// <summary>What the dropouts of whole channels share.</summary>
public abstract class ChannelDropout : DropoutLayer
{
    private protected ChannelDropout(int rank, double probability, bool inPlace) : base($"Dropout{rank}D", probability, inPlace) =>
        Rank = rank;

    /// <summary>The number of spatial axes: 1, 2 or 3.</summary>
    public int Rank { get; }

    /// <inheritdoc/>
    protected sealed override void Check(Tensor input)
    {
        if (input.Dimensions != Rank + 2) throw InputMismatch(Shapes.Batch(null, Rank), input);
    }

    /// <inheritdoc/>
    protected sealed override Tensor Drop(Tensor input) => Rank switch
    {
        1 => DropFromSequences(input),
        2 => nn.functional.dropout2d(input, Probability, training: true, InPlace),
        _ => nn.functional.dropout3d(input, Probability, training: true, InPlace),
    };

    // TorchSharp has no binding of libtorch's own: a sequence is an image one column wide.
    private Tensor DropFromSequences(Tensor input)
    {
        using var image = input.unsqueeze(-1);
        using var dropped = nn.functional.dropout2d(image, Probability, training: true, InPlace);
        return dropped.squeeze(-1);
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
