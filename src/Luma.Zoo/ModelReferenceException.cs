namespace Luma.Zoo;

/// <summary>The name of a model makes no sense, such as one whose weights are named twice.</summary>
/// <param name="problem">What is wrong, as a sentence without its full stop.</param>
public sealed class ModelReferenceException(string problem) : ArgumentException(problem);
