namespace Luma.Zoo.Inference.Compilation;

/// <summary>Which engine an <see cref="AutoEngine"/> took.</summary>
/// <param name="Engine">The engine's name.</param>
/// <param name="Type">The type that it computes in.</param>
/// <param name="Batch">How many images were measured at a time.</param>
/// <param name="Times">What was measured, the fastest first; empty where only one engine could run the network.</param>
/// <param name="Remembered">Whether that was at another time, and this time nothing was measured.</param>
public sealed record EngineChoice(string Engine, ScalarType Type, long Batch, IReadOnlyList<EngineTime> Times, bool Remembered);

/// <summary>How fast an engine was.</summary>
/// <param name="Engine">The engine's name.</param>
/// <param name="Type">The type that it computed in.</param>
/// <param name="Milliseconds">The median of a pass over a batch.</param>
public sealed record EngineTime(string Engine, ScalarType Type, double Milliseconds);
