namespace Luma.Zoo.Training;

/// <summary>Where and when a training is saved, so that it can go on after an interruption.</summary>
/// <param name="Folder">The folder, which is made where it is not there.</param>
public sealed record CheckpointOptions(string Folder)
{
    /// <summary>After how many steps the training is saved each time, beside the ends of epochs; null for those alone and <see cref="Every"/>.</summary>
    public int? EverySteps { get; init; }

    /// <summary>After how much time the training is saved, beside the ends of epochs.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many checkpoints before the last are kept.</summary>
    public int Keep { get; init; } = 1;

    /// <summary>Whether a training that was saved there goes on. If not, one that is there is an error.</summary>
    public bool Resume { get; init; }

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the exception names it.</exception>
    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Folder);
        if (EverySteps is { } steps) ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1, nameof(EverySteps));
        if (Every <= TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(Every), Every, "The time between checkpoints must be above 0.");
        ArgumentOutOfRangeException.ThrowIfNegative(Keep);
    }
}
