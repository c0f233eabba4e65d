using System.Globalization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Data;

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
/// Document Recognition" (1998), section III.A. Held in memory, a byte a pixel.
/// </summary>
public sealed class MnistDataset : IDataset
{
    /// <summary>The height and width of an image in the files.</summary>
    public const int ImageSize = 28;

    private const int ClassCount = 10, ImagePixels = ImageSize * ImageSize;

    private readonly IdxFile images, labels;

    private MnistDataset(IdxFile images, IdxFile labels) => (this.images, this.labels) = (images, labels);

    /// <summary>The names of the classes: the digits from 0 to 9.</summary>
    internal static IReadOnlyList<string> Digits { get; } = [.. Enumerable.Range(0, ClassCount).Select(d => d.ToString(CultureInfo.InvariantCulture))];

    /// <inheritdoc/>
    public int Count => labels.Data.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => Digits;

    /// <summary>Whether a folder has the images of a part of MNIST.</summary>
    internal static bool IsIn(string folder, MnistPart part = MnistPart.Training) => Names($"{Stem(part)}-images", "idx3-ubyte").Any(name => File.Exists(Path.Combine(folder, name)));

    /// <summary>Reads one part of MNIST, or of a set with the same files, from a folder.</summary>
    /// <param name="folder">
    /// A folder with <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, <c>t10k-images-idx3-ubyte</c> and
    /// <c>t10k-labels-idx1-ubyte</c>, each plain or gzip, with or without <c>.gz</c>; <c>.idx</c> in place of <c>-idx</c> will do.
    /// </param>
    /// <param name="part">Which part.</param>
    /// <returns>The data set.</returns>
    /// <exception cref="InvalidDatasetException">A file is missing, damaged or not what it should be.</exception>
    public static MnistDataset Load(string folder, MnistPart part)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);

        var stem = Stem(part);
        var images = IdxFile.Read(Find(folder, $"{stem}-images", "idx3-ubyte"), dimensions: 3);
        var labels = IdxFile.Read(Find(folder, $"{stem}-labels", "idx1-ubyte"), dimensions: 1);

        if (images.Shape is not [_, ImageSize, ImageSize])
            throw new InvalidDatasetException(images.Path, $"its images are {images.Shape[1]}x{images.Shape[2]}, not {ImageSize}x{ImageSize}.");
        if (images.Shape[0] != labels.Shape[0])
            throw new InvalidDatasetException(labels.Path, $"it has {labels.Shape[0]} labels for the {images.Shape[0]} images of {images.Path}.");
        var wrong = labels.Data.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(ClassCount - 1));
        if (wrong >= 0)
            throw new InvalidDatasetException(labels.Path, $"label {wrong} is {labels.Data[wrong]}, which is not from 0 to {ClassCount - 1}.");

        return new MnistDataset(images, labels);
    }

    /// <inheritdoc/>
    public LabelledImage Get(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

        var grey = images.Data.AsSpan(index * ImagePixels, ImagePixels);
        var pixels = GC.AllocateUninitializedArray<byte>(ImagePixels * DecodedImage.BytesPerPixel);
        for (var i = 0; i < ImagePixels; i++) pixels.AsSpan(i * DecodedImage.BytesPerPixel, DecodedImage.BytesPerPixel).Fill(grey[i]);
        var name = string.Create(CultureInfo.InvariantCulture, $"{images.Path}[{index}]");
        return new(ImageSource.FromImage(new(ImageSize, ImageSize, pixels), name), labels.Data[index]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> GetLabels(int index) => [labels.Data[index]];

    private static string Stem(MnistPart part) => part == MnistPart.Training ? "train" : "t10k";

    private static string Find(string folder, string stem, string kind)
    {
        if (!Directory.Exists(folder)) throw new InvalidDatasetException(folder, "there is no such folder.");

        var names = Names(stem, kind);
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidDatasetException(folder, $"it has none of {string.Join(", ", names)}.");
    }

    private static string[] Names(string stem, string kind) => [$"{stem}-{kind}", $"{stem}.{kind}", $"{stem}-{kind}.gz", $"{stem}.{kind}.gz"];
}
