namespace Luma.Zoo.Training;

/// <summary>Parameters that begin to learn in the course of a training.</summary>
/// <param name="Epoch">The epoch in which they begin, from 1.</param>
/// <param name="Pattern">Which; see <see cref="ParameterRule"/>.</param>
public sealed record Unfreezing(int Epoch, string Pattern);
