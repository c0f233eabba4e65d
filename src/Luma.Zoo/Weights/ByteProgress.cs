namespace Luma.Zoo.Weights;

/// <summary>How far a transfer has come.</summary>
/// <param name="Done">The bytes done.</param>
/// <param name="Total">The bytes to do.</param>
public readonly record struct ByteProgress(long Done, long Total);
