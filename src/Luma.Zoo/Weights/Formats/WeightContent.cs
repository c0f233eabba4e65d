namespace Luma.Zoo.Weights.Formats;

/// <summary>What a file says of a network.</summary>
/// <param name="Entries">Its tensors, in order.</param>
/// <param name="Versions">The versions of its modules by name; empty where the file has none.</param>
internal sealed record WeightContent(List<TensorEntry> Entries, IReadOnlyDictionary<string, long> Versions);
