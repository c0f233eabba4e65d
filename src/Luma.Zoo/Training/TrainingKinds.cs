using System.Text.Json.Serialization;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Training;

/// <summary>The optimisers that a recipe can name.</summary>
internal sealed class OptimizerKinds() : KindConverter<Optimizer>(
    "optimizer",
    optimizer => optimizer.Validate(),
    ("sgd", new Optimizer.Sgd()),
    ("adam", new Optimizer.Adam()),
    ("rmsprop", new Optimizer.RmsProp()))
{
    /// <inheritdoc/>
    protected override JsonSerializerContext Context => TrainingJson.Default;
}

/// <summary>The schedules that a recipe can name.</summary>
internal sealed class ScheduleKinds() : KindConverter<LearningRateSchedule>(
    "schedule",
    schedule => schedule.Validate(),
    ("constant", new LearningRateSchedule.Constant()),
    ("steps", new LearningRateSchedule.Steps()),
    ("cosine", new LearningRateSchedule.Cosine()),
    ("one_cycle", new LearningRateSchedule.OneCycle()))
{
    /// <inheritdoc/>
    protected override JsonSerializerContext Context => TrainingJson.Default;
}

/// <summary>The losses that a recipe can name. Whether they have a weight for each class is seen when there are classes.</summary>
internal sealed class LossKinds() : KindConverter<TrainingLoss>(
    "loss",
    _ => { },
    ("cross_entropy", new TrainingLoss.CrossEntropy()),
    ("binary_cross_entropy", new TrainingLoss.BinaryCrossEntropy()))
{
    /// <inheritdoc/>
    protected override JsonSerializerContext Context => TrainingJson.Default;
}
