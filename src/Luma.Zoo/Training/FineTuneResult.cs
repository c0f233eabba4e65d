namespace Luma.Zoo.Training;

/// <summary>What came of a run.</summary>
/// <param name="Folder">The run's folder, which is a model folder.</param>
/// <param name="Recipe">The recipe that it had.</param>
/// <param name="Training">The course of the training.</param>
/// <param name="Evaluation">What the best weights do on the validation pictures; null where the run was cancelled before they were measured.</param>
/// <param name="Warnings">What may be wrong with the data or the start.</param>
public sealed record FineTuneResult(string Folder, TrainingOptions Recipe, TrainingResult Training, Evaluation? Evaluation, IReadOnlyList<string> Warnings)
{
    /// <summary>What the best weights do on the test pictures, where the data have such.</summary>
    public Evaluation? Test { get; init; }

    /// <summary>The pictures that could not be read, whether to learn from or to measure with, and the reason.</summary>
    public IReadOnlyList<string> Unreadable => [.. Training.Unreadable.Concat(Evaluation?.Unreadable ?? []).Concat(Test?.Unreadable ?? []).Distinct()];
}
