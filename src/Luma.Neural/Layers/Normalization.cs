using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// What the batch normalisations over one, two and three axes share, after Ioffe and Szegedy, "Batch Normalization" (2015),
/// algorithm 1: each channel is brought to mean 0 and variance 1, then scaled by <c>weight</c> (gamma) and shifted by <c>bias</c> (beta).
/// </summary>
/// <remarks>
/// In training mean and variance are the batch's own, and the running ones follow them; in evaluation they are the running ones.
/// </remarks>
public abstract class BatchNorm : Layer
{
    private static readonly Operation.Increment increment = new();

    private readonly Operation.BatchNorm inEvaluation, inTraining;
    private Parameter? weight, bias;
    private Tensor? running_mean, running_var, num_batches_tracked;

    private protected BatchNorm(int rank, long channels, double eps, double? momentum, bool affine, bool trackRunningStats)
        : base($"BatchNorm{rank}D")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (!(eps >= 0 && double.IsFinite(eps))) throw new ArgumentOutOfRangeException(nameof(eps), eps, "Must not be negative.");
        if (momentum is { } share && !(share is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "Must lie between 0 and 1.");

        (Rank, Channels, Momentum, Affine, TrackRunningStats) = (rank, channels, momentum, affine, trackRunningStats);
        inEvaluation = new(eps, Momentum: 0, BatchStatistics: !trackRunningStats);
        inTraining = new(eps, momentum ?? 0, BatchStatistics: true);
        StateVersion = 2;
        if (affine)
        {
            weight = RegisterParameter(nameof(weight), empty(channels));
            bias = RegisterParameter(nameof(bias), empty(channels));
        }
        if (trackRunningStats)
        {
            running_mean = RegisterBuffer(nameof(running_mean), empty(channels));
            running_var = RegisterBuffer(nameof(running_var), empty(channels));
            num_batches_tracked = RegisterBuffer(nameof(num_batches_tracked), zeros([], int64));
        }
        ResetParameters();
    }

    /// <summary>The number of spatial axes: 1, 2 or 3.</summary>
    public int Rank { get; }

    /// <summary>The number of channels.</summary>
    public long Channels { get; }

    /// <summary>What is added to the variance before its root is taken.</summary>
    public double Eps => inEvaluation.Epsilon;

    /// <summary>The share of a new batch in the running statistics; null makes them the mean over all batches.</summary>
    public double? Momentum { get; }

    /// <summary>Whether each channel is scaled and shifted.</summary>
    public bool Affine { get; }

    /// <summary>Whether running statistics are kept; without them every batch is normalised by its own, also in evaluation.</summary>
    public bool TrackRunningStats { get; }

    /// <summary>The scale, gamma: <c>(C)</c>, or null.</summary>
    public Parameter? Weight => weight;

    /// <summary>The shift, beta: <c>(C)</c>, or null.</summary>
    public Parameter? Bias => bias;

    /// <summary>The running mean: <c>(C)</c>, or null.</summary>
    public Tensor? RunningMean => running_mean;

    /// <summary>The running variance: <c>(C)</c>, or null.</summary>
    public Tensor? RunningVar => running_var;

    /// <summary>How many batches the running statistics have seen: a 64-bit integer without dimensions, or null.</summary>
    public Tensor? NumBatchesTracked => num_batches_tracked;

    /// <summary>Makes scale and shift 1 and 0, and forgets all batches, as PyTorch does.</summary>
    public void ResetParameters()
    {
        if (weight is not null) Initializers.Constant(weight, 1);
        if (bias is not null) Initializers.Constant(bias, 0);
        if (running_mean is null || running_var is null || num_batches_tracked is null) return;

        Initializers.Constant(running_mean, 0);
        Initializers.Constant(running_var, 1);
        Initializers.Constant(num_batches_tracked, 0);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({Channels})";

    /// <inheritdoc/>
    protected sealed override void Check(Tensor input)
    {
        var rank = input.Dimensions;
        if ((rank != Rank + 2 && !(Rank == 1 && rank == 2)) || input.size(1) != Channels)
            throw InputMismatch(Rank == 1 ? $"(N, {Channels}) or {Shapes.Batch(Channels, 1)}" : Shapes.Batch(Channels, Rank), input);
    }

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input)
    {
        if (!training) return Ops.Run(inEvaluation, input, running_mean, running_var, weight, bias);

        if (input.numel() == Channels) throw InputMismatch("more than one value per channel in training", input);

        if (num_batches_tracked is null) return Ops.Run(inTraining, input, running_mean, running_var, weight, bias);

        Ops.Run(increment, num_batches_tracked).Dispose();
        var operation = Momentum is null ? inTraining with { Momentum = 1.0 / num_batches_tracked.item<long>() } : inTraining;
        return Ops.Run(operation, input, running_mean, running_var, weight, bias);
    }
}

/// <summary>Normalises the channels of sequences over a batch.</summary>
/// <remarks>Input and output <c>(N, C, W)</c> or <c>(N, C)</c>.</remarks>
/// <param name="channels">The number of channels.</param>
/// <param name="eps">What is added to the variance before its root is taken.</param>
/// <param name="momentum">The share of a new batch in the running statistics; null makes them the mean over all batches.</param>
/// <param name="affine">Whether each channel is scaled and shifted.</param>
/// <param name="trackRunningStats">Whether running statistics are kept.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// <paramref name="channels"/> is below 1, <paramref name="eps"/> is negative, or <paramref name="momentum"/> is not between 0 and 1.
/// </exception>
public sealed class BatchNorm1D(
    long channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true)
    : BatchNorm(1, channels, eps, momentum, affine, trackRunningStats);

/// <summary>Normalises the channels of images over a batch.</summary>
/// <remarks>Input and output <c>(N, C, H, W)</c>.</remarks>
/// <param name="channels">The number of channels.</param>
/// <param name="eps">What is added to the variance before its root is taken.</param>
/// <param name="momentum">The share of a new batch in the running statistics; null makes them the mean over all batches.</param>
/// <param name="affine">Whether each channel is scaled and shifted.</param>
/// <param name="trackRunningStats">Whether running statistics are kept.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// <paramref name="channels"/> is below 1, <paramref name="eps"/> is negative, or <paramref name="momentum"/> is not between 0 and 1.
/// </exception>
public sealed class BatchNorm2D(
    long channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true)
    : BatchNorm(2, channels, eps, momentum, affine, trackRunningStats);

/// <summary>Normalises the channels of volumes over a batch.</summary>
/// <remarks>Input and output <c>(N, C, D, H, W)</c>.</remarks>
/// <param name="channels">The number of channels.</param>
/// <param name="eps">What is added to the variance before its root is taken.</param>
/// <param name="momentum">The share of a new batch in the running statistics; null makes them the mean over all batches.</param>
/// <param name="affine">Whether each channel is scaled and shifted.</param>
/// <param name="trackRunningStats">Whether running statistics are kept.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// <paramref name="channels"/> is below 1, <paramref name="eps"/> is negative, or <paramref name="momentum"/> is not between 0 and 1.
/// </exception>
public sealed class BatchNorm3D(
    long channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true)
    : BatchNorm(3, channels, eps, momentum, affine, trackRunningStats);
