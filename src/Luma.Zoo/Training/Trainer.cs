using Luma.Neural;

namespace Luma.Zoo.Training;

/// <summary>Trains a network to classify images.</summary>
/// <remarks>
/// <para>
/// The same seed, data, options, starting weights, machine and number of threads give the same weights to the bit. The order of the
/// images, the held-out ones and the augmentation come from a generator of its own. libtorch's generator, which dropout draws from,
/// is seeded once when a training begins, as by <c>torch.manual_seed</c>; it is the process's, so of two trainings at a time only
/// those without dropout repeat themselves.
/// </para>
/// <para>
/// Parameters that do not require gradients stay as they are, and so do the statistics of a batch norm none of whose parameters
/// requires them: it stays in evaluation mode. A network is trained by one thread at a time.
/// </para>
/// </remarks>
/// <param name="model">The network: an image <c>(N, C, H, W)</c> in, one number a class <c>(N, classes)</c> out.</param>
/// <param name="options">How to train it.</param>
public sealed class Trainer(NeuralModule model, TrainingOptions options)
{
    private const int EvaluationBatch = 500;
    private const int ReportsPerEpoch = 50;

    /// <summary>
    /// Trains the network. However it ends, the network has the best weights that it had after an epoch; if it is cancelled in the first
    /// epoch, those of its last step.
    /// </summary>
    /// <param name="training">What to learn from.</param>
    /// <param name="validation">
    /// What to choose the best weights by, or null to hold out <see cref="TrainingOptions.HoldOut"/> of the training images. Never
    /// the images by which the network is measured in the end.
    /// </param>
    /// <param name="progress">What hears how it goes, some fifty times an epoch.</param>
    /// <param name="cancellation">Ends the training early, within a step.</param>
    /// <returns>What came of it; also if it was cancelled, since its best weights are of use then.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ArgumentException">No images are left to learn from.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer finite.</exception>
    public TrainingResult Fit(
        IDataset training, IDataset? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options.Validate();

        manual_seed(options.Seed);
        using var random = new Generator((ulong)options.Seed);
        var (learnt, held) = Split(training, validation, random);
        if (learnt.Count == 0) throw new ArgumentException("There are no images to learn from.", nameof(training));

        using var modes = new ModuleModes(model);
        using var best = new Snapshot(model);
        using var step = new TrainingStep(model, options.Optimizer, options.LabelSmoothing);
        var result = new TrainingResult(0, 0, null, double.NaN, Cancelled: false);
        var steps = Steps(learnt);
        try
        {
            for (var epoch = 1; epoch <= options.Epochs; epoch++)
            {
                modes.Train();
                var loss = RunEpoch(epoch, step, learnt, random, progress, cancellation);
                // What fits memory with gradients fits without.
                var evaluation = held is null ? null : Evaluate(model, held, options.BatchSize, cancellation);
                if (evaluation is not null && !double.IsFinite(evaluation.Loss)) throw new TrainingDivergedException(epoch, steps, validation: true);
                result = result with { Epochs = epoch, Loss = loss };
                if (IsBetter(evaluation, result.Best))
                {
                    best.Take();
                    result = result with { BestEpoch = epoch, Best = evaluation };
                }
                progress?.Report(new TrainingProgress(epoch, options.Epochs, steps, steps, loss, RateAt(epoch, steps - 1, steps), evaluation));
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            result = result with { Cancelled = true };
            // What the first steps have learnt is better than nothing.
            if (result.BestEpoch == 0) best.Take();
        }
        finally
        {
            best.PutBack();
        }
        return result with { Steps = step.Count };
    }

    /// <summary>Measures how well a network classifies a data set, in evaluation mode.</summary>
    /// <param name="model">The network.</param>
    /// <param name="data">The images and their labels.</param>
    /// <param name="batchSize">How many images go through it at a time.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The accuracy and the loss.</returns>
    /// <exception cref="ArgumentException">There are no images.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Evaluation Evaluate(
        NeuralModule model, IDataset data, int batchSize = EvaluationBatch, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (data.Count == 0) throw new ArgumentException("There are no images to measure with.", nameof(data));

        using var modes = new ModuleModes(model);
        modes.Evaluate();
        var (correct, loss) = (0L, 0.0);
        var device = DeviceOf(model);
        using var noGradients = inference_mode();
        foreach (var indices in Enumerable.Range(0, data.Count).Select(i => (long)i).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = data.GetBatch(indices).To(device);
            var output = model.call(batch.Inputs);
            correct += output.argmax(1).eq(batch.Labels).sum().item<long>();
            loss += nn.functional.cross_entropy(output, batch.Labels, reduction: nn.Reduction.Sum).item<float>();
        }
        return new Evaluation(data.Count, (int)correct, loss / data.Count);
    }

    private static bool IsBetter(Evaluation? evaluation, Evaluation? best)
    {
        // Without validation images the last weights are the best.
        if (evaluation is null || best is null) return true;
        return evaluation.Correct > best.Correct || (evaluation.Correct == best.Correct && evaluation.Loss < best.Loss);
    }

    private (IDataset Learnt, IDataset? Held) Split(IDataset training, IDataset? validation, Generator random)
    {
        if (validation is not null || options.HoldOut == 0) return (training, validation);
        if (options.HoldOut >= training.Count)
        {
            throw new ArgumentException(
                $"There are {training.Count} images, and {options.HoldOut} of them are to be held out: none is left to learn from.", nameof(training));
        }

        var order = Shuffle(training.Count, random);
        return (new Subset(training, order[options.HoldOut..]), new Subset(training, order[..options.HoldOut]));
    }

    private double RunEpoch(
        int epoch, TrainingStep step, IDataset data, Generator random, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        using var epochScope = NewDisposeScope();
        var order = Shuffle(data.Count, random);
        var steps = Steps(data);
        var reportEvery = Math.Max(1, steps / ReportsPerEpoch);
        // Summed where the network is: reading it at every step would make an accelerator wait.
        var device = DeviceOf(model);
        var total = zeros([], float64, device);

        for (var i = 0; i < steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var rate = RateAt(epoch, i, steps);
            step.LearningRate = rate;
            var chosen = order.AsSpan(i * options.BatchSize, Math.Min(options.BatchSize, data.Count - (i * options.BatchSize)));
            var batch = data.GetBatch(chosen);
            if (options.Augmentation is { } augmentation) batch = batch with { Inputs = augmentation.Apply(batch.Inputs, random) };
            total.add_(step.Run(batch.To(device)), chosen.Length);

            var done = i + 1;
            if (done % reportEvery != 0 && done != steps) continue;
            var mean = total.item<double>() / Math.Min(done * options.BatchSize, data.Count);
            if (!double.IsFinite(mean)) throw new TrainingDivergedException(epoch, done);
            if (done < steps) progress?.Report(new TrainingProgress(epoch, options.Epochs, done, steps, mean, rate, null));
        }
        return total.item<double>() / data.Count;
    }

    private int Steps(IDataset data) => (data.Count + options.BatchSize - 1) / options.BatchSize;

    private double RateAt(int epoch, int step, int steps) =>
        options.Optimizer.LearningRate * options.Schedule.FactorAt(((epoch - 1L) * steps) + step, (long)options.Epochs * steps);

    private static Device DeviceOf(NeuralModule model) => model.parameters().FirstOrDefault()?.device ?? CPU;

    private static long[] Shuffle(int count, Generator random)
    {
        using var order = randperm(count, int64, generator: random);
        return order.data<long>().ToArray();
    }

    /// <summary>A copy of a network's weights and buffers, to go back to.</summary>
    private sealed class Snapshot : IDisposable
    {
        private readonly List<(Tensor Live, Tensor Copy)> pairs;

        public Snapshot(NeuralModule model)
        {
            using var noGradients = no_grad();
            pairs = [.. model.state_dict().Values.Select(live => (live, live.detach().clone().DetachFromDisposeScope()))];
        }

        public void Take() => Copy(pair => pair.Copy.copy_(pair.Live));

        public void PutBack() => Copy(pair => pair.Live.copy_(pair.Copy));

        public void Dispose() => pairs.ForEach(pair => pair.Copy.Dispose());

        private void Copy(Action<(Tensor Live, Tensor Copy)> copy)
        {
            using var noGradients = no_grad();
            pairs.ForEach(copy);
        }
    }
}
