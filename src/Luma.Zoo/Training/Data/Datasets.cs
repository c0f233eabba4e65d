using Luma.Zoo.Files;
using Luma.Zoo.Inference;

namespace Luma.Zoo.Training.Data;

/// <summary>Opens pictures on disk as data sets.</summary>
public static class Datasets
{
    private const long MostListBytes = 1 << 30;

    /// <summary>Opens pictures to learn from, and others to measure with.</summary>
    /// <param name="path">
    /// A folder or a ZIP archive in one of these forms; or a list of pictures by itself:
    /// <list type="bullet">
    /// <item>a folder for each class, as torchvision's ImageFolder takes them; a seeded part of each class is held out;</item>
    /// <item><c>train</c> and <c>val</c>, each with a folder for each class; <c>test</c> may stand beside them;</item>
    /// <item>
    /// a list <c>*.csv</c> or <c>*.jsonl</c> with <c>path</c> and <c>label</c>, or <c>labels</c> for several classes at once, and maybe
    /// <c>split</c>; or two lists, <c>train</c> and <c>val</c>;
    /// </item>
    /// <item>the four files of MNIST.</item>
    /// </list>
    /// </param>
    /// <param name="options">How they become data sets, or null for the defaults.</param>
    /// <param name="cancellation">Stops the looking for duplicates.</param>
    /// <returns>The data sets; dispose of them.</returns>
    /// <exception cref="InvalidDatasetException">There are no pictures, or one class, or a class without pictures on one side; or a file is damaged.</exception>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public static DatasetSplit Open(string path, DatasetOptions? options = null, CancellationToken cancellation = default)
    {
        options = Check(path, options);
        if (MnistDataset.IsIn(path)) return OpenDigits(path, options);

        var tree = OpenTree(path, out var list);
        try
        {
            return new DatasetReader(tree, options, cancellation).ReadSplit(list) with { Owner = tree };
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    /// <summary>Opens pictures to measure a network with: the part for that where the data have one, else all.</summary>
    /// <param name="path">A folder, an archive or a list as <see cref="Open"/> takes them.</param>
    /// <param name="options">
    /// How they become a data set. With <see cref="DatasetOptions.Classes"/> the labels are those of the network, and a class may be without pictures.
    /// </param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The data set, in <see cref="DatasetSplit.Validation"/>; dispose of it. Its training part is the same.</returns>
    /// <inheritdoc cref="Open"/>
    public static DatasetSplit OpenForEvaluation(string path, DatasetOptions? options = null, CancellationToken cancellation = default)
    {
        options = Check(path, options);
        if (MnistDataset.IsIn(path) || MnistDataset.IsIn(path, MnistPart.Test))
        {
            CheckDigits(path, options);
            var digits = MnistDataset.Load(path, MnistPart.Test);
            return new(digits, digits, null, []);
        }

        var tree = OpenTree(path, out var list);
        try
        {
            var (whole, warnings) = new DatasetReader(tree, options, cancellation).ReadForEvaluation(list);
            return new(whole, whole, null, warnings) { Owner = tree };
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    private static DatasetOptions Check(string path, DatasetOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        options.Validate();
        if (path.Contains('\0', StringComparison.Ordinal)) throw new InvalidDatasetException(path, "the path has a NUL character.");
        return System.IO.Path.Exists(path) ? options : throw new InvalidDatasetException(path, "there is no such folder or file.");
    }

    private static void CheckDigits(string path, DatasetOptions options)
    {
        if (options.Classes is { } classes && !classes.SequenceEqual(MnistDataset.Digits))
            throw new InvalidDatasetException(path, "its classes are the digits 0 to 9, and the network's are others.");
        if (options.Task == ClassificationTask.MultiLabel) throw new InvalidDatasetException(path, "a digit has one class, not several at once.");
    }

    private static DatasetSplit OpenDigits(string path, DatasetOptions options)
    {
        CheckDigits(path, options);
        var digits = MnistDataset.Load(path, MnistPart.Training);
        var (learnt, held) = Split(digits, options);
        return new(new Subset(digits, learnt), new Subset(digits, held), MnistDataset.Load(path, MnistPart.Test), []);
    }

    /// <summary>Holds out a seeded part of each class.</summary>
    /// <param name="data">The data.</param>
    /// <param name="options">How much, and the seed.</param>
    internal static (IReadOnlyList<int> Learnt, IReadOnlyList<int> Held) Split(IDataset data, DatasetOptions options)
    {
        List<int> learnt = [], held = [];
        // Of several classes at once each set of classes is a kind of its own.
        var kinds = Enumerable.Range(0, data.Count).GroupBy(i => string.Join(' ', data.GetLabels(i).Order())).OrderBy(kind => kind.Key, StringComparer.Ordinal)
            .Select(kind => kind.ToArray()).ToList();
        if (data.Task == ClassificationTask.MultiLabel)
        {
            // Sets of classes that only one image has are together a kind, or nothing of them would be held out.
            int[] singles = [.. kinds.Where(kind => kind.Length == 1).SelectMany(kind => kind).Order()];
            kinds.RemoveAll(kind => kind.Length == 1);
            if (singles.Length > 0) kinds.Add(singles);
        }
        foreach (var (place, kind) in kinds.Index())
        {
            // The order in which a list has its pictures does not matter.
            int[] members = data is IKeyedDataset keyed ? [.. kind.OrderBy(keyed.KeyOf, StringComparer.Ordinal)] : kind;
            var order = new Augmentation.SampleRandom(options.Seed, 0, place, Augmentation.SampleRandom.Purpose.Split).NextOrder(members.Length);
            var count = members.Length == 1 ? 0 : Math.Clamp((int)Math.Round(members.Length * options.ValidationFraction), 1, members.Length - 1);
            held.AddRange(order.Take(count).Select(i => members[i]));
            learnt.AddRange(order.Skip(count).Select(i => members[i]));
        }
        learnt.Sort();
        held.Sort();
        return (learnt, held);
    }

    private static IFileTree OpenTree(string path, out TreeFile? list)
    {
        list = null;
        if (Directory.Exists(path)) return new FolderTree(path);
        if (ImageList.Is(path))
        {
            var full = System.IO.Path.GetFullPath(path);
            var folder = System.IO.Path.GetDirectoryName(path) is { Length: > 0 } given ? given : ".";
            list = new(System.IO.Path.GetFileName(full), 0);
            return new FolderTree(folder);
        }
        return HasZipSignature(path)
            ? new ZipTree(path)
            : throw new InvalidDatasetException(path, "expected a folder of pictures, a ZIP archive of one, or a list *.csv or *.jsonl.");
    }

    private static bool HasZipSignature(string path)
    {
        try
        {
            using var file = RegularFile.OpenStream(path);
            Span<byte> start = stackalloc byte[2];
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start is [(byte)'P', (byte)'K'];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"cannot be read: {FileTrouble.WhileReading(error)}.", error);
        }
    }

    /// <summary>The bytes of a list.</summary>
    internal static byte[] ReadList(IFileTree tree, TreeFile list) => tree.Read(list, MostListBytes);
}
