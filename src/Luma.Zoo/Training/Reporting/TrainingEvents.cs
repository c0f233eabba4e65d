namespace Luma.Zoo.Training.Reporting;

/// <summary>Tells TensorBoard how a training goes: loss and learning rate now and then, and what is measured after each epoch.</summary>
/// <param name="folder">The folder for the files of events.</param>
/// <param name="time">Says what time it is.</param>
internal sealed class TrainingEvents(string folder, TimeProvider time) : IDisposable
{
    // A long training has some thousand points, and a short one two a second.
    private const double LeastSeconds = 0.5, PartOfTraining = 1.0 / 2000;

    private readonly long begun = time.GetTimestamp();
    private EventFile? file;
    private long lastTold;
    private bool hasTold;

    /// <summary>Tells of a step, unless another was told of just before.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="loss">Its loss.</param>
    /// <param name="learningRate">Its learning rate.</param>
    public void StepDone(long step, double loss, double learningRate)
    {
        if (hasTold && time.GetElapsedTime(lastTold).TotalSeconds < Math.Max(LeastSeconds, time.GetElapsedTime(begun).TotalSeconds * PartOfTraining)) return;
        Open(step, []).Add(step, ("training/loss", loss), ("training/learning_rate", learningRate));
        (lastTold, hasTold) = (time.GetTimestamp(), true);
    }

    /// <summary>Tells of the last epoch.</summary>
    /// <param name="history">The finished epochs.</param>
    public void EpochDone(IReadOnlyList<EpochRecord> history)
    {
        if (history.Count > 0) Add(Open(history[^1].Steps, [.. history.SkipLast(1)]), history[^1]);
    }

    /// <summary>Tells of all epochs, where no file does: somebody took them away.</summary>
    /// <param name="history">The finished epochs.</param>
    public void Finish(IReadOnlyList<EpochRecord> history)
    {
        if (file is null && history.Count > 0 && !EventFile.In(folder).Any()) Open(history[^1].Steps, history);
    }

    public void Dispose() => file?.Dispose();

    private EventFile Open(long firstStep, IReadOnlyList<EpochRecord> before)
    {
        if (file is not null) return file;
        var isFirst = !EventFile.In(folder).Any();
        file = EventFile.Begin(folder, firstStep, time);
        if (isFirst) foreach (var record in before) Add(file, record);
        return file;
    }

    private static void Add(EventFile file, EpochRecord record) => file.Add(
        record.Steps,
        ("epoch/epoch", record.Epoch), ("epoch/training_loss", record.Loss), ("epoch/learning_rate", record.LearningRate), ("epoch/images_per_second", record.ImagesPerSecond),
        ("validation/loss", record.ValidationLoss), ("validation/accuracy", record.Accuracy), ("validation/top5_accuracy", record.Top5Accuracy),
        ("validation/mean_average_precision", record.MeanAveragePrecision));
}
