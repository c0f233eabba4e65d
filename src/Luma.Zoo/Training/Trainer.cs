using Luma.Neural;
using Luma.Neural.Native;
using Luma.Zoo.Images;
using Luma.Zoo.Training.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Luma.Zoo.Training;

/// <summary>Trains a network to classify images, from fresh weights or from others' on.</summary>
/// <remarks>
/// <para>
/// The same seed, data, recipe, starting weights, machine and number of threads give the same weights to the bit, also where the
/// training was interrupted and went on from a checkpoint. All randomness is a function of the seed and of the place in the training: before each step
/// libtorch's generator, which dropout draws from, is seeded anew. It is the process's, so of two trainings at a time only those without
/// dropout repeat themselves.
/// </para>
/// <para>
/// Parameters that do not require gradients stay as they are, and modules that have no others are in evaluation mode. A network is trained
/// by one thread at a time.
/// </para>
/// </remarks>
/// <param name="network">The network: an image <c>(N, C, H, W)</c> in, one number a class <c>(N, classes)</c> out.</param>
/// <param name="preset">What makes an image into its input.</param>
/// <param name="options">The recipe.</param>
/// <param name="logger">Is told what matters: images that cannot be read, checkpoints, epochs.</param>
public sealed class Trainer(NeuralModule network, ImagePreset preset, TrainingOptions options, ILogger? logger = null)
{
    private readonly ILogger log = logger ?? NullLogger.Instance;

    /// <summary>How images are read: by how many threads, which formats, how many are kept decoded. The recipe says the rest.</summary>
    public DataLoaderOptions Loading { get; init; } = new();

    /// <summary>Where the training is saved as it goes, or null for nowhere.</summary>
    public CheckpointOptions? Checkpoints { get; init; }

    /// <summary>Keeps the best weights otherwise than in memory, or in the checkpoints' folder.</summary>
    internal Func<IBestWeights>? KeepBest { get; init; }

    /// <summary>Is told when the training begins or goes on: what was saved before fits then.</summary>
    internal Action? Started { get; init; }

    /// <summary>What to call the network in a checkpoint, so that another one with the same weights' names is told apart; null for nothing.</summary>
    internal string? NetworkName { get; init; }

    /// <summary>Is told of the losses of single steps.</summary>
    internal Action<long, double, double>? StepDone { get; init; }

    /// <summary>Is told of the finished epochs after each.</summary>
    internal Action<IReadOnlyList<EpochRecord>>? EpochDone { get; init; }

    /// <summary>
    /// Trains the network. However it ends, the network has the best weights that it had after an epoch; if it is cancelled in the first
    /// epoch, those of its last step.
    /// </summary>
    /// <param name="training">What to learn from.</param>
    /// <param name="validation">
    /// What to choose the best weights by; null keeps the last. Never the images by which the network is measured in the end.
    /// </param>
    /// <param name="progress">What hears how it goes, a few times a second at most.</param>
    /// <param name="cancellation">Ends the training early, within a step. It is saved then, if <see cref="Checkpoints"/> says where.</param>
    /// <returns>What came of it; also if it was cancelled, since its best weights are of use then.</returns>
    /// <exception cref="ArgumentException">An option makes no sense, or there are no images to learn from.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer finite.</exception>
    /// <exception cref="CheckpointException">The training cannot go on from what was saved, or another one was saved there.</exception>
    /// <exception cref="InvalidDatasetException">None of the images can be read.</exception>
    /// <exception cref="ImageException">An image could not be read, and <see cref="DataLoaderOptions.StopAtUnreadable"/> is set.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written.</exception>
    public Task<TrainingResult> FitAsync(
        IDataset training, IDataset? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        preset.Validate();
        Checkpoints?.Validate();
        if (training.Count == 0) throw new ArgumentException("There are no images to learn from.", nameof(training));
        if (validation is { Count: 0 }) throw new ArgumentException("There are no images to measure with.", nameof(validation));
        if (validation is not null && (validation.Task != training.Task || !validation.Classes.SequenceEqual(training.Classes, StringComparer.Ordinal)))
            throw new ArgumentException("The images to measure with have other classes than those to learn from.", nameof(validation));

        // libtorch's own threads belong to the one that calls it: all is computed by one.
        return Task.Factory.StartNew(
            () =>
            {
                NativeHeap.KeepFreed();
                using var run = new TrainingRun(this, training, validation, progress, cancellation);
                return run.Run();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The network.</summary>
    internal NeuralModule Network => network;

    /// <summary>What makes an image into its input.</summary>
    internal ImagePreset Preset => preset;

    /// <summary>The recipe.</summary>
    internal TrainingOptions Options => options;

    /// <summary>Where messages go.</summary>
    internal ILogger Log => log;
}
