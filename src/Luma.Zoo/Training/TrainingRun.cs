using System.Diagnostics;
using System.Runtime.InteropServices;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Zoo.Inference;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Training;

/// <summary>A training that is under way.</summary>
internal sealed class TrainingRun : IDisposable
{
    private const string ModelPrefix = "model/";

    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(200);

    private readonly NeuralModule network;
    private readonly TrainingOptions options;
    private readonly Trainer trainer;
    private readonly IDataset training;
    private readonly IDataset? validation;
    private readonly IProgress<TrainingProgress>? progress;
    private readonly CancellationToken cancellation;

    private readonly ModuleModes modes;
    private readonly ParameterPlan plan;
    private readonly List<(string Name, Parameter Parameter)> learning;
    private readonly optim.Optimizer optimizer;
    private readonly TrainingStep step;
    private readonly ParameterAverage? average;
    private readonly IBestWeights best;
    private readonly CheckpointFolder? checkpoints;
    private readonly DataLoader loader;
    private readonly Device device;
    private readonly ScalarType type;
    private readonly List<EpochRecord> history = [];
    private readonly TrainingState identity;
    private IReadOnlyList<string> unreadableBefore = [];
    private FrozenFeatures? features, validationFeatures;
    private DataLoader? validationLoader;
    private bool looksForFeatures = true;

    // Null until it is known which is faster.
    private TrainingPrecision? precision;

    private Stopwatch sinceSave = Stopwatch.StartNew(), sinceReport = Stopwatch.StartNew();
    private int waited;

    public TrainingRun(Trainer trainer, IDataset training, IDataset? validation, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        (network, options) = (trainer.Network, trainer.Options);
        (this.trainer, this.training, this.validation, this.progress, this.cancellation) = (trainer, training, validation, progress, cancellation);
        (device, type) = (network.parameters().FirstOrDefault()?.device ?? CPU, network.TypeOfInputs());
        precision = options.Precision == TrainingPrecision.Auto ? null : options.Precision;
        plan = new(network, options);
        modes = new(network);
        try
        {
            var loss = options.Loss ?? (training.Task == ClassificationTask.MultiLabel ? new TrainingLoss.BinaryCrossEntropy() : new TrainingLoss.CrossEntropy());
            loss.Validate(training.Classes.Count);
            var groups = plan.Groups();
            var names = network.named_parameters().ToDictionary(entry => entry.parameter.Handle, entry => entry.name);
            learning = [.. groups.SelectMany(group => group.Parameters).Select(parameter => (names[parameter.Handle], parameter))];
            optimizer = options.Optimizer.Create(groups);
            step = new(network, options, loss, optimizer, [.. learning.Select(entry => entry.Parameter)]);
            average = options.Average is { } averaging ? new(network, averaging) : null;
            checkpoints = trainer.Checkpoints is { } where ? new(where) : null;
            best = trainer.KeepBest?.Invoke() ?? (checkpoints is null ? new BestInMemory(network) : new BestInFile(checkpoints.BestPath));
            loader = new(training, trainer.Preset, trainer.Loading with
            {
                BatchSize = options.BatchSize,
                Shuffle = true,
                DropLastImage = true,
                Transform = options.Transform,
                Seed = options.Seed,
            });
            identity = new()
            {
                Epoch = 1,
                Batch = 0,
                Steps = 0,
                History = [],
                Recipe = TrainingJson.TextOf(options),
                Network = trainer.NetworkName,
                Preparation = ImagePreparation.TextOf(trainer.Preset, trainer.Loading.Decoding),
                Data = DataFingerprint.Of(training),
                Measured = validation is null ? null : DataFingerprint.Of(validation),
                Machine = MachineName(),
            };
        }
        catch
        {
            modes.Dispose();
            throw;
        }
    }

    public TrainingResult Run()
    {
        var start = Resume() ?? identity;
        trainer.Started?.Invoke();
        var (cancelled, failed) = (false, false);
        try
        {
            cancellation.ThrowIfCancellationRequested();
            for (var epoch = start.Epoch; epoch <= options.Epochs && !IsPatienceOver; epoch++)
            {
                RunEpoch(epoch, epoch == start.Epoch ? start : identity with { Epoch = epoch });
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            cancelled = true;
        }
        catch
        {
            failed = true;
            throw;
        }
        finally
        {
            PutBackBest(failed);
        }
        return new(history, Best, step.Count, cancelled) { Unreadable = Unreadable };
    }

    public void Dispose()
    {
        plan.End();
        modes.Dispose();
        foreach (var (_, parameter) in learning) parameter.grad = null;
        optimizer.Dispose();
        average?.Dispose();
        best.Dispose();
        ForgetFeatures();
    }

    private EpochRecord? Best => history.LastOrDefault(record => record.IsBest);

    // What was left out before a stop may not be asked for again.
    private IReadOnlyList<string> Unreadable => [.. unreadableBefore.Union(loader.Unreadable.Select(error => error.Message))];

    private bool IsPatienceOver => options.Patience is { } patience && waited >= patience;

    private void PutBackBest(bool hasFailed)
    {
        // Without a finished epoch what the first steps have learnt is better than nothing.
        if (Best is null) return;
        try
        {
            best.PutBack(network);
        }
        catch (Exception error) when (hasFailed)
        {
            // What went wrong first matters more.
            trainer.Log.Warn($"The best weights could not be put back: {error.Message}");
        }
    }

    private void RunEpoch(int epoch, TrainingState start)
    {
        plan.Begin(epoch);
        if (plan.ChangesAt(epoch))
        {
            ForgetFeatures();
            looksForFeatures = true;
        }
        modes.Train();
        // In a single epoch each image is seen once anyway. It depends on where these layers were frozen, not on where the training went on:
        // kept features may differ from others in their last bits.
        if (looksForFeatures && options.Transform is null && PhaseOf(epoch) < options.Epochs) KeepFeatures();
        looksForFeatures = false;

        var steps = loader.Steps;
        var (lossSum, seen, rate) = (start.LossSum, start.Seen, 0.0);
        var clock = Stopwatch.StartNew();
        var seenBefore = seen;
        var next = start.Batch;
        var isSaved = false;
        var batches = (features is null ? loader.ReadAsync(epoch, next, options.Accumulate == 1 ? cancellation : CancellationToken.None) : features.ReadAsync(loader, epoch, next)).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            while (true)
            {
                // Gradients that wait for more batches cannot be saved.
                isSaved = cancellation.IsCancellationRequested && !step.IsPending;
                if (isSaved) Cancel(start with { Epoch = epoch, Batch = next, LossSum = lossSum, Seen = seen });
                if (!batches.MoveNextAsync().AsTask().GetAwaiter().GetResult()) break;

                var (place, batch) = batches.Current;
                using var _ = batch;
                rate = FactorAt(((epoch - 1L) * steps) + place, steps);
                step.SetRate(rate);
                if (precision is null && features is null) FindPrecision(batch);
                var mean = Learn(epoch, place, batch, place == steps - 1);
                if (!double.IsFinite(mean)) throw new TrainingDivergedException(epoch, place + 1, rate * options.Optimizer.LearningRate, hasBest: Best is not null);

                (lossSum, seen, next) = (lossSum + (mean * batch.Count), seen + batch.Count, place + 1);
                trainer.StepDone?.Invoke(step.Count, mean, rate * options.Optimizer.LearningRate);
                if (next < steps) SaveNowAndThen(start with { Epoch = epoch, Batch = next, LossSum = lossSum, Seen = seen });
                Report(new(epoch, options.Epochs, next, steps, lossSum / seen, rate * options.Optimizer.LearningRate)
                {
                    ImagesPerSecond = (seen - seenBefore) / clock.Elapsed.TotalSeconds,
                    Best = Best,
                });
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !isSaved)
        {
            Cancel(start with { Epoch = epoch, Batch = next, LossSum = lossSum, Seen = seen });
        }
        finally
        {
            batches.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        if (seen == 0) throw Unreadables.NoneOf(training, loader.Unreadable);
        // The last batch may have been left out, all of its images being unreadable.
        if (step.IsPending)
        {
            step.Finish();
            average?.Update(step.Count);
        }
        // Measuring takes its time too: what was learnt is safe before.
        Save(start with { Epoch = epoch, Batch = steps, LossSum = lossSum, Seen = seen });
        rate = FactorAt((epoch * (long)steps) - 1, steps);
        Finish(epoch, steps, new(epoch, step.Count, rate * options.Optimizer.LearningRate, lossSum / seen)
        {
            ImagesPerSecond = (seen - seenBefore) / clock.Elapsed.TotalSeconds,
        });
    }

    // The epoch since which the same parameters learn.
    private int PhaseOf(int epoch)
    {
        while (epoch > 1 && !plan.ChangesAt(epoch)) epoch--;
        return epoch;
    }

    private void KeepFeatures()
    {
        features = FrozenFeatures.TryMake(network, trainer.Preset, training, loader, options.FeatureCacheBytes, precision, cancellation);
        if (features is null) return;
        trainer.Log.KeepingFeatures();
        if (validation is null) return;

        validationLoader = new(validation, trainer.Preset, trainer.Loading with { BatchSize = options.BatchSize });
        modes.Evaluate();
        validationFeatures = FrozenFeatures.TryMake(
            network, trainer.Preset, validation, validationLoader, options.FeatureCacheBytes - features.ByteCount, precision: null, cancellation);
        modes.Train();
    }

    private void ForgetFeatures()
    {
        features?.Dispose();
        validationFeatures?.Dispose();
        (features, validationFeatures) = (null, null);
    }

    private double Learn(int epoch, int place, Batch batch, bool isLast)
    {
        using var scope = NewDisposeScope();
        // Indices stay indices.
        var targets = batch.Targets.is_floating_point() ? batch.Targets.to(type, device) : batch.Targets.to(device);
        // The networks' own randomness is a function of the place too, so that nothing of it has to be saved.
        manual_seed((long)(new Augmentation.SampleRandom(options.Seed, epoch, place, Augmentation.SampleRandom.Purpose.Network).NextDouble() * long.MaxValue));
        Func<AuxiliaryOutput> forward;
        if (features is { } known)
        {
            forward = () => Checked(InPrecision(() => new(known.Finish(batch.Indices), [])), training);
        }
        else
        {
            var inputs = batch.Inputs.to(type, device);
            forward = () => Checked(InPrecision(() => step.Forward(inputs)), training);
        }

        using var pause = loader.Pause(device);
        var before = step.Count;
        double loss;
        try
        {
            loss = step.Run(forward, targets, isLast);
        }
        // An optimizer's own factor may make more of the learning rate than 32-bit floats hold.
        catch (ExternalException error) when (error.Message.Contains("without overflow", StringComparison.Ordinal))
        {
            return double.PositiveInfinity;
        }
        if (step.Count > before) average?.Update(step.Count);
        return loss;
    }

    private AuxiliaryOutput InPrecision(Func<AuxiliaryOutput> forward)
    {
        if (precision != TrainingPrecision.BFloat16) return forward();

        using var mixed = PrecisionTrial.Use(precision);
        var output = forward();
        return new(output.Output.to(ScalarType.Float32), [.. output.Auxiliaries.Select(auxiliary => auxiliary.to(ScalarType.Float32))]);
    }

    private void FindPrecision(Batch batch)
    {
        using var scope = NewDisposeScope();
        using var pause = loader.Pause(device);
        var inputs = batch.Inputs.to(type, device);
        (precision, var ratio) = PrecisionTrial.Run(
            network,
            () =>
            {
                using var pass = NewDisposeScope();
                var output = step.Forward(inputs);
                output.Auxiliaries.Aggregate(output.Output.sum(), (sum, auxiliary) => sum.Plus(auxiliary.sum())).backward();
            },
            cancellation);
        trainer.Log.PrecisionFound(precision == TrainingPrecision.BFloat16 ? "bfloat16" : "float32", ratio);
    }

    private static AuxiliaryOutput Checked(AuxiliaryOutput output, IDataset training)
    {
        if (output.Output.dim() != 2 || output.Output.size(1) != training.Classes.Count)
            throw new ArgumentException($"The network gives ({string.Join(", ", output.Output.shape)}) for {output.Output.size(0)} images, and the data have {training.Classes.Count} classes.", nameof(training));
        return output;
    }

    private void Finish(int epoch, int steps, EpochRecord record)
    {
        average?.Swap();
        try
        {
            if (validation is not null)
            {
                var evaluator = new Evaluator(network, trainer.Preset) { Loading = trainer.Loading with { BatchSize = options.BatchSize } };
                var evaluation = validationFeatures is null
                    ? evaluator.Run(validation, null, cancellation)
                    : evaluator.Run(validation, validationLoader!, validationFeatures, cancellation);
                if (!double.IsFinite(evaluation.Loss)) throw new TrainingDivergedException(epoch, steps, record.LearningRate, validation: true, hasBest: Best is not null);
                record = record with
                {
                    ValidationLoss = evaluation.Loss,
                    Accuracy = evaluation.Accuracy,
                    Top5Accuracy = evaluation.Top5Accuracy,
                    MeanAveragePrecision = evaluation.MeanAveragePrecision,
                };
            }
            record = record with { IsBest = record.IsBetterThan(Best) };
            if (record.IsBest) best.Keep(network, record);
        }
        finally
        {
            average?.Swap();
        }
        waited = record.IsBest ? 0 : waited + 1;
        history.Add(record);
        trainer.Log.EpochDone(epoch, options.Epochs, record.Loss, record.Accuracy);
        trainer.EpochDone?.Invoke(history);
        Save(identity with { Epoch = epoch + 1 });
        progress?.Report(new(epoch, options.Epochs, steps, steps, record.Loss, record.LearningRate)
        {
            ImagesPerSecond = record.ImagesPerSecond,
            Finished = record,
            Best = Best,
        });
    }

    private double FactorAt(long place, int stepsPerEpoch)
    {
        var total = (long)options.Epochs * stepsPerEpoch;
        var warm = Math.Min((long)Math.Round(options.Warmup.Epochs * stepsPerEpoch), total);
        return options.Warmup.FactorAt(place, warm) ?? options.Schedule.FactorAt(place - warm, total - warm);
    }

    private void Cancel(TrainingState state)
    {
        Save(state);
        throw new OperationCanceledException(cancellation);
    }

    private void SaveNowAndThen(TrainingState state)
    {
        if (checkpoints is null || step.IsPending) return;
        var isDue = trainer.Checkpoints!.EverySteps is { } every && step.Count % every == 0;
        if (isDue || sinceSave.Elapsed >= trainer.Checkpoints.Every) Save(state);
    }

    private void Save(TrainingState state)
    {
        if (checkpoints is null) return;
        using var scope = NewDisposeScope();
        var tensors = network.state_dict().Select(entry => KeyValuePair.Create($"{ModelPrefix}{entry.Key}", entry.Value))
            .Concat(average?.Tensors.Select(entry => KeyValuePair.Create($"average/{entry.Key}", entry.Value)) ?? [])
            .Concat(OptimizerMemory.Read(optimizer, [.. learning.Select(entry => entry.Name)]).Select(entry => KeyValuePair.Create($"optimizer/{entry.Key}", entry.Value)));
        checkpoints.Save(state with { Precision = options.Precision == TrainingPrecision.Auto ? precision : null, Steps = step.Count, Waited = waited, History = [.. history], Unreadable = Unreadable }, tensors);
        sinceSave.Restart();
        trainer.Log.Saved(state.Epoch, state.Batch);
    }

    private TrainingState? Resume()
    {
        if (checkpoints is null) return null;
        if (!trainer.Checkpoints!.Resume)
        {
            return checkpoints.HasAny
                ? throw new CheckpointException(checkpoints.Path, "a training was saved here already. Go on with it by --resume (in C#: Resume), or take another folder.")
                : null;
        }
        if (checkpoints.OpenLast(warning => trainer.Log.Warn(warning)) is not { } saved) return null;

        using var tensors = saved.Tensors;
        Check(saved.State);
        if (saved.State.Best is not null) CheckBest();
        Restore(saved.State, tensors);
        trainer.Log.Resumed(saved.State.Epoch, saved.State.Batch);
        return saved.State;
    }

    private void Check(TrainingState state)
    {
        if (state.Recipe != identity.Recipe)
            throw new CheckpointException(checkpoints!.Path, $"the training that was saved here has another recipe: {RecipeDifference.Between(state.Recipe, identity.Recipe)}. Go on with the same, or take another folder.");
        if (state.Network != identity.Network)
            throw new CheckpointException(checkpoints!.Path, $"the training that was saved here is of another network: {state.Network ?? "one without a name"}, and this is {identity.Network ?? "one without a name"}. Go on with the same, or take another folder.");
        if (state.Preparation is { } preparation && preparation != identity.Preparation)
            throw new CheckpointException(checkpoints!.Path, $"the training that was saved here was shown images prepared in another way: {RecipeDifference.Between(preparation, identity.Preparation!)}. Go on with the same, or take another folder.");
        if (state.Data != identity.Data) throw DataChanged("to learn from", state.Data, identity.Data);
        if (state.Measured != identity.Measured) throw DataChanged("to measure with", state.Measured, identity.Measured);
        if (state.Machine != identity.Machine)
            trainer.Log.Warn($"The training was begun on another machine ({state.Machine}; this is {identity.Machine}): the weights may differ in their last bits.");
    }

    // Now, and not when hours later they are to be put back.
    private void CheckBest()
    {
        try
        {
            best.Check();
        }
        catch (Exception error) when (error is ModelFolderException or WeightFileException)
        {
            throw new CheckpointException(checkpoints!.Path, $"the best weights of the training cannot be read: {error.Message.TrimEnd('.')}. Put that file back from a copy, or begin anew in another folder.", error);
        }
    }

    private CheckpointException DataChanged(string purpose, DataFingerprint? then, DataFingerprint? now)
    {
        var change = then?.Count == now?.Count
            ? "some are others, or have other labels"
            : $"there were {then?.Count ?? 0:N0}, and now there are {now?.Count ?? 0:N0}";
        return new(
            checkpoints!.Path,
            $"the pictures {purpose} have changed since the training was saved: {change}. Put them back, or begin anew in another folder from the model that is there.");
    }

    private void Restore(TrainingState state, StateDict tensors)
    {
        using var ungraded = no_grad();
        using var scope = NewDisposeScope();
        var live = network.state_dict();
        if (tensors.Names.Where(name => name.StartsWith(ModelPrefix, StringComparison.Ordinal)).FirstOrDefault(name => !live.ContainsKey(name[ModelPrefix.Length..])) is { } foreign)
            throw new CheckpointException(checkpoints!.Path, $"what was saved here is another network's: this one has no '{foreign[ModelPrefix.Length..]}'. Go on with the same, or take another folder.");
        // All of it is looked at before any of it is put into the network.
        foreach (var (name, tensor) in live) Check($"{ModelPrefix}{name}", tensor);
        if (average is not null)
        {
            foreach (var (name, kept) in average.Tensors) Check($"average/{name}", kept);
        }
        foreach (var (name, tensor) in live) Fill($"{ModelPrefix}{name}", tensor);
        if (average is not null)
        {
            foreach (var (name, kept) in average.Tensors) Fill($"average/{name}", kept);
        }
        OptimizerMemory.Write(optimizer, learning, name => tensors.TryGet($"optimizer/{name}", out var entry) ? entry.ToTensor() : null);
        if (!OptimizerMemory.CanRead(optimizer)) trainer.Log.Warn("What the optimizer remembers could not be saved, so it begins anew: the weights will not be those of a training without a stop.");
        (step.Count, waited, unreadableBefore) = (state.Steps, state.Waited, state.Unreadable ?? []);
        precision ??= state.Precision;
        history.AddRange(state.History);

        void Fill(string name, Tensor target) => target.copy_(tensors[name].ToTensor());

        void Check(string name, Tensor target)
        {
            if (!tensors.TryGet(name, out var entry) || !entry.Shape.SequenceEqual(target.shape))
                throw new CheckpointException(checkpoints!.Path, $"what was saved here is another network's: its '{name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]}' is missing or has another shape. Go on with the same, or take another folder.");
        }
    }

    private void Report(TrainingProgress report)
    {
        if (progress is null || (sinceReport.Elapsed < ReportEvery && report.Step < report.Steps)) return;
        progress.Report(report);
        sinceReport.Restart();
    }

    private static string MachineName() =>
        $"{RuntimeInformation.RuntimeIdentifier}, {get_num_threads()} threads, TorchSharp {typeof(torch).Assembly.GetName().Version}";
}
