namespace Luma.Zoo.Training;

/// <summary>Parameters that an optimiser treats alike.</summary>
/// <param name="Parameters">The parameters.</param>
/// <param name="LearningRate">Their learning rate before the schedule scales it.</param>
/// <param name="WeightDecay">How strongly they are drawn towards zero.</param>
public sealed record ParameterGroup(IReadOnlyList<Parameter> Parameters, double LearningRate, double WeightDecay);
