using Luma.Zoo.Images;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training.Reporting;

/// <summary>A run that has come to its end.</summary>
/// <param name="Start">What it began with.</param>
/// <param name="Data">What it learnt from and was measured with.</param>
/// <param name="Training">Its course.</param>
/// <param name="Validation">What the best weights do on the validation images.</param>
/// <param name="Test">What they do on the test images; null where there are none.</param>
/// <param name="Warnings">What may be wrong with the data.</param>
/// <param name="Decoding">What is decoded, and how large it may be.</param>
internal sealed record RunOutcome(
    StartingPoint Start, DatasetSplit Data, TrainingResult Training, Evaluation Validation, Evaluation? Test, IReadOnlyList<string> Warnings, DecodeOptions Decoding);
