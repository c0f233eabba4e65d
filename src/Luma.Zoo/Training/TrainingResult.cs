namespace Luma.Zoo.Training;

/// <summary>What came of a training.</summary>
/// <param name="History">The epochs that were finished, in their order; those before an interruption too.</param>
/// <param name="Best">
/// The epoch after which the network had the weights that it has now; null if none was finished, and it has those of its last step.
/// </param>
/// <param name="Steps">How many steps were taken, in all epochs.</param>
/// <param name="Cancelled">Whether it ended early because it was asked to.</param>
public sealed record TrainingResult(IReadOnlyList<EpochRecord> History, EpochRecord? Best, long Steps, bool Cancelled)
{
    /// <summary>The training images that could not be read, with the reason.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];
}
