namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Something wrong in a file, said by code that does not know where it is; a reader turns it into <see cref="WeightFileException"/>.
/// </summary>
internal sealed class MalformedDataException(string problem) : Exception(problem)
{
    /// <summary>Whether there are fewer bytes than are needed, so that more of them may help.</summary>
    public bool IsCutOff { get; init; }
}
