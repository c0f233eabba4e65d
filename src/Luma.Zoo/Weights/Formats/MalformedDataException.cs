namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Something wrong in a file, said by code that does not know where it is; a reader turns it into <see cref="WeightFileException"/>.
/// </summary>
internal sealed class MalformedDataException(string problem) : Exception(problem);
