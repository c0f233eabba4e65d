using System.Globalization;
using Luma.Neural.Native;

namespace Luma.Zoo.Training;

/// <summary>Which of the two parts of MNIST.</summary>
public enum MnistPart
{
    /// <summary>The 60,000 images to learn from.</summary>
    Training,

    /// <summary>The 10,000 images to measure with.</summary>
    Test,
}

/// <summary>
/// Handwritten digits in the files of the MNIST database: LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to
/// Document Recognition" (1998), section III.A. Held in memory as bytes; each batch is turned into what the network takes.
/// </summary>
/// <remarks>
/// An image is centred in the network's input, on black, and then <c>(pixel / 255 - Mean) / Std</c>: the same numbers as the LeNet
/// preset makes of the same image in a file.
/// </remarks>
public sealed class MnistDataset : IDataset
{
    /// <summary>The mean of the training pixels, from 0 to 1.</summary>
    public const double Mean = 0.1307;

    /// <summary>The standard deviation of the training pixels, from 0 to 1.</summary>
    public const double Std = 0.3081;

    /// <summary>The height and width of an image in the files.</summary>
    public const int ImageSize = 28;

    private const int ClassCount = 10;
    private static readonly string[] Digits = [.. Enumerable.Range(0, ClassCount).Select(d => d.ToString(CultureInfo.InvariantCulture))];

    private readonly Tensor images;
    private readonly Tensor labels;
    private readonly (int Before, int After) padding;

    private MnistDataset(IdxFile images, IdxFile labels, int inputSize)
    {
        NativeLibraries.EnsureLoaded();
        var surplus = inputSize - ImageSize;
        padding = (surplus / 2, surplus - (surplus / 2));
        this.images = tensor(images.Data, [Count = images.Shape[0], 1, ImageSize, ImageSize], uint8).DetachFromDisposeScope();
        using var bytes = tensor(labels.Data, uint8);
        this.labels = bytes.to(int64).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => Digits;

    /// <summary>Reads one part of MNIST, or of a set with the same files, from a folder.</summary>
    /// <param name="folder">
    /// A folder with <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, <c>t10k-images-idx3-ubyte</c> and
    /// <c>t10k-labels-idx1-ubyte</c>, each plain or gzip, with or without <c>.gz</c>; <c>.idx</c> in place of <c>-idx</c> will do.
    /// </param>
    /// <param name="part">Which part.</param>
    /// <param name="inputSize">The height and width that the network takes: at least 28.</param>
    /// <returns>The data set; dispose of it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The input size is below 28 or above 1,024.</exception>
    /// <exception cref="InvalidDatasetException">A file is missing, damaged or not what it should be.</exception>
    public static MnistDataset Load(string folder, MnistPart part, int inputSize = 32)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, ImageSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputSize, 1024);

        var stem = part == MnistPart.Training ? "train" : "t10k";
        var images = IdxFile.Read(Find(folder, $"{stem}-images", "idx3-ubyte"), dimensions: 3);
        var labels = IdxFile.Read(Find(folder, $"{stem}-labels", "idx1-ubyte"), dimensions: 1);

        if (images.Shape is not [_, ImageSize, ImageSize])
            throw new InvalidDatasetException(images.Path, $"its images are {images.Shape[1]}x{images.Shape[2]}, not {ImageSize}x{ImageSize}.");
        if (images.Shape[0] != labels.Shape[0])
            throw new InvalidDatasetException(labels.Path, $"it has {labels.Shape[0]} labels for the {images.Shape[0]} images of {images.Path}.");
        var wrong = labels.Data.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(ClassCount - 1));
        if (wrong >= 0)
            throw new InvalidDatasetException(labels.Path, $"label {wrong} is {labels.Data[wrong]}, which is not from 0 to {ClassCount - 1}.");

        return new MnistDataset(images, labels, inputSize);
    }

    /// <inheritdoc/>
    public Batch GetBatch(ReadOnlySpan<long> indices)
    {
        foreach (var index in indices)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count, nameof(indices));
        }

        using var scope = NewDisposeScope();
        var chosen = tensor(indices.ToArray());
        var pixels = images.index_select(0, chosen);
        if (padding.After > 0) pixels = nn.functional.pad(pixels, (padding.Before, padding.After, padding.Before, padding.After));
        // In this order, each step rounded as in torchvision's ToTensor and Normalize.
        var inputs = pixels.to(float32).div_(255).sub_(Mean).div_(Std);
        return new Batch(inputs.MoveToOuterDisposeScope(), labels.index_select(0, chosen).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        images.Dispose();
        labels.Dispose();
    }

    private static string Find(string folder, string stem, string kind)
    {
        if (!Directory.Exists(folder)) throw new InvalidDatasetException(folder, "there is no such folder.");

        string[] names = [$"{stem}-{kind}", $"{stem}.{kind}", $"{stem}-{kind}.gz", $"{stem}.{kind}.gz"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidDatasetException(folder, $"it has none of {string.Join(", ", names)}.");
    }
}
