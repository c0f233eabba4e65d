namespace Luma.Zoo.Inference;

/// <summary>What a network made of an image before its last layer.</summary>
/// <param name="Shape">The shape of the features of one image, such as <c>(2048)</c> or <c>(2048, 7, 7)</c>.</param>
/// <param name="Values">The features, row by row.</param>
public sealed record Embedding(IReadOnlyList<long> Shape, float[] Values);
