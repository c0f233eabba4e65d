namespace Luma.Zoo.Training;

/// <summary>How a <see cref="Trainer"/> trains.</summary>
public sealed record TrainingOptions
{
    /// <summary>How often every image is seen.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>How many images make a step; the last step of an epoch takes what is left.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>How gradients become new weights.</summary>
    public Optimizer Optimizer { get; init; } = new Optimizer.Sgd { Momentum = 0.9 };

    /// <summary>What becomes of the learning rate.</summary>
    public LearningRateSchedule Schedule { get; init; } = new LearningRateSchedule.Cosine();

    /// <summary>How much of each label's probability is spread over all classes: PyTorch's <c>label_smoothing</c>.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>What is done to each batch before the network learns from it, or null.</summary>
    public IAugmentation? Augmentation { get; init; }

    /// <summary>
    /// How many of the training images are held out to choose the best weights by, where no validation set is given: 0 for none,
    /// which keeps the last weights.
    /// </summary>
    public int HoldOut { get; init; }

    /// <summary>What the order of the images, the held-out ones, the augmentation and dropout are drawn from.</summary>
    public int Seed { get; init; }

    /// <summary>Throws if an option makes no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the exception names it.</exception>
    /// <exception cref="ArgumentNullException">The optimiser or the schedule is null.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentNullException.ThrowIfNull(Optimizer);
        ArgumentNullException.ThrowIfNull(Schedule);
        if (!(LabelSmoothing is >= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(LabelSmoothing), LabelSmoothing, "The label smoothing must be from 0 to below 1.");
        ArgumentOutOfRangeException.ThrowIfNegative(HoldOut);
        ArgumentOutOfRangeException.ThrowIfNegative(Seed);
        Optimizer.Validate();
        Schedule.Validate();
    }
}
