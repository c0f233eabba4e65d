using System.Globalization;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// What the families' key maps for weight files of timm share: Ross Wightman's PyTorch Image Models, which has many of torchvision's
/// networks under names of its own, and many more that differ from them in what they compute.
/// </summary>
/// <remarks>
/// A map is for the network alone. Which mean and deviation its images are normalised by is another matter: most of timm's vision
/// transformers take 0.5 for both, where torchvision's take ImageNet's.
/// </remarks>
internal static class TimmWeights
{
    // A snapshot of Hugging Face's cache keeps a file three folders below the one that has the network's name.
    private const int FoldersAbove = 3;

    /// <summary>Refuses weights one of whose names tells of something that the network here does not have.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="id">The id of the network that they are to be loaded into.</param>
    /// <param name="traits">Parts of names, and what they tell of.</param>
    /// <exception cref="DifferentNetworkException">There is such a name.</exception>
    public static void Refuse(StateDict weights, string id, params IEnumerable<(string Mark, string Trait)> traits)
    {
        foreach (var (mark, trait) in traits)
        {
            if (weights.Names.FirstOrDefault(name => name.Contains(mark, StringComparison.Ordinal)) is { } name)
                throw new DifferentNetworkException(weights.Source, id, $"its network has {trait} ('{name}'), and this one does not");
        }
    }

    /// <summary>
    /// What the weights' network is called, in lower case, where names of tensors cannot tell: as the config.json beside it says; else the
    /// file's name or, where that does not have the word, the nearest of the folders above that has it; null where none has.
    /// </summary>
    /// <param name="weights">The weights.</param>
    /// <param name="word">What the ids of the family have in common.</param>
    public static string? Called(StateDict weights, string word)
    {
        // What a config says is no guess.
        if (TimmConfig.ArchitectureBeside(weights.Source) is { } architecture) return architecture;

        var path = File.Exists(weights.Source) ? Path.GetFullPath(weights.Source) : weights.Source;
        return path.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar)
            .Reverse()
            .Take(1 + FoldersAbove)
            .Select(part => part.ToLowerInvariant())
            .FirstOrDefault(part => part.Contains(word, StringComparison.Ordinal));
    }

    /// <summary>Whether a part of a name is a number: the place of a stage or a block.</summary>
    /// <param name="part">The part.</param>
    /// <param name="place">The number.</param>
    public static bool IsPlace(string part, out int place) =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out place) && place < 1000;

    /// <summary>The shape of the matrix that a convolution is whose window is the whole image, or a single pixel; null for other shapes.</summary>
    /// <param name="convolution">The convolution's weight.</param>
    public static long[]? MatrixOf(TensorEntry convolution) =>
        convolution.Shape is [var outputs, var channels, var height, var width] ? [outputs, channels * height * width] : null;
}
