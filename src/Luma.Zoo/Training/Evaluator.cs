using Luma.Neural;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>Measures how well a network classifies a data set.</summary>
/// <param name="network">The network, on any device. It is set to evaluation mode meanwhile.</param>
/// <param name="preset">What makes an image into its input.</param>
public sealed class Evaluator(NeuralModule network, ImagePreset preset)
{
    /// <summary>How the images are read: how many at a time, by how many threads, which formats. They are neither shuffled nor changed.</summary>
    public DataLoaderOptions Loading { get; init; } = new();

    /// <summary>From which probability on a class counts as seen, where an image may have several.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>How many of the worst mistakes are kept.</summary>
    public int MostMistakes { get; init; } = 36;

    /// <summary>
    /// What compiles the network first; null, the default, for the network as it is. It is faster for more than a few images, and changes the last bits of
    /// the output. A network that is not on the CPU or not in float32 computes as it is.
    /// </summary>
    public IInferenceEngine? Engine { get; init; }

    /// <summary>Whether a network computes as it is where the engine cannot compile it.</summary>
    internal bool MayComputeAsItIs { get; init; }

    /// <summary>Measures it.</summary>
    /// <param name="data">The images and their labels.</param>
    /// <param name="progress">Is told how many images are done.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>What was measured.</returns>
    /// <exception cref="ArgumentException">There are no images, or the network has other classes.</exception>
    /// <exception cref="InvalidDatasetException">None of the images could be read.</exception>
    /// <exception cref="ImageException">An image could not be read, and <see cref="DataLoaderOptions.StopAtUnreadable"/> is set.</exception>
    /// <exception cref="NotSupportedException">The engine cannot run the network.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<Evaluation> RunAsync(IDataset data, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        // libtorch's own threads belong to the one that calls it: all is computed by one.
        return Task.Factory.StartNew(
            () => Run(data, progress, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Measures it on the calling thread.</summary>
    internal Evaluation Run(IDataset data, IProgress<int>? progress, CancellationToken cancellation)
    {
        var type = network.TypeOfInputs();
        var loader = new DataLoader(data, preset, Loading with { Shuffle = false, Transform = null, DropLastImage = false });
        NetworkRunner? compiled = null;
        try
        {
            return Run(data, loader, loader.ReadAsync(epoch: 1, cancellation: cancellation), Forward, progress, cancellation);
        }
        finally
        {
            compiled?.Dispose();
        }

        // Compiling reads the network's mode as well, so it begins after that has been set.
        Tensor Forward(Batch batch, Device device)
        {
            var inputs = batch.Inputs.to(type, device);
            compiled ??= Compile(type);
            var run = compiled?.Find(inputs.size(0)) ?? network.call;
            using var pause = loader.Pause(device);
            return run(inputs);
        }
    }

    /// <summary>Measures it by what the frozen part of the network made of the images before.</summary>
    internal Evaluation Run(IDataset data, DataLoader loader, FrozenFeatures features, CancellationToken cancellation) =>
        Run(data, loader, features.ReadAsync(loader, epoch: 1, firstStep: 0), (batch, _) => features.Finish(batch.Indices), null, cancellation);

    private NetworkRunner? Compile(ScalarType type) =>
        Engine is { } engine && type == ScalarType.Float32 && network.parameters().All(parameter => parameter.device_type == DeviceType.CPU)
            ? new(network, preset, engine, ClassifierCompilation.Ahead, mustCompile: !MayComputeAsItIs)
            : null;

    private Evaluation Run(
        IDataset data, DataLoader loader, IAsyncEnumerable<(int Step, Batch Batch)> read, Func<Batch, Device, Tensor> forward, IProgress<int>? progress,
        CancellationToken cancellation)
    {
        if (data.Count == 0) throw new ArgumentException("There are no images to measure with.", nameof(data));

        using var modes = new ModuleModes(network);
        modes.Evaluate();
        using var inference = inference_mode();
        var device = network.parameters().FirstOrDefault()?.device ?? CPU;
        EvaluationCounter counter = data.Task == ClassificationTask.MultiLabel
            ? new MultiLabelCounter(data, Threshold, MostMistakes)
            : new SingleLabelCounter(data, MostMistakes);

        var batches = read.GetAsyncEnumerator(cancellation);
        try
        {
            while (batches.MoveNextAsync().AsTask().GetAwaiter().GetResult())
            {
                using var batch = batches.Current.Batch;
                using var scope = NewDisposeScope();
                cancellation.ThrowIfCancellationRequested();
                var output = forward(batch, device).cpu();
                if (output.size(-1) != data.Classes.Count)
                    throw new ArgumentException($"The network has {output.size(-1)} classes, and the data have {data.Classes.Count}.", nameof(data));
                counter.Add(batch, output.to(ScalarType.Float32));
                progress?.Report(counter.Count);
            }
        }
        finally
        {
            batches.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        var unreadable = loader.Unreadable;
        if (counter.Count == 0) throw Unreadables.NoneOf(data, unreadable);
        return counter.Finish() with { Unreadable = [.. unreadable.Select(error => error.Message)] };
    }
}
