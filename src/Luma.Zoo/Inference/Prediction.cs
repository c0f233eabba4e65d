namespace Luma.Zoo.Inference;

/// <summary>One class that an image may show.</summary>
/// <param name="Index">The class's place among the model's outputs.</param>
/// <param name="Label">Its name.</param>
/// <param name="Probability">
/// How likely it is, from 0 to 1; with <see cref="ScoreKind.Logits"/> the network's output itself, which may be any number.
/// </param>
public sealed record Prediction(int Index, string Label, float Probability);
