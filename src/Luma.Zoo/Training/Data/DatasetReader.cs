using Luma.Zoo.Images;
using Luma.Zoo.Inference;

namespace Luma.Zoo.Training.Data;

/// <summary>Finds out what form the pictures of a folder or an archive have, and makes data sets of them.</summary>
internal sealed class DatasetReader(IFileTree tree, DatasetOptions options, CancellationToken cancellation)
{
    private const int NamesShown = 5;

    private readonly List<string> warnings = [];

    /// <summary>Reads what is to be learnt from and what is to be measured with.</summary>
    /// <param name="list">The list of the pictures, where it was given by itself.</param>
    public DatasetSplit ReadSplit(TreeFile? list)
    {
        var (parts, classes, task) = Read(list);
        if (classes.Count < 2) throw OneClass(classes);

        ImageTable Table(IReadOnlyList<ImageRow> rows) => new(tree, rows, classes, task);
        var test = parts.TryGetValue(DataPart.Test, out var tested) ? Table(tested) : null;
        var whole = Table(parts.GetValueOrDefault(DataPart.Training)
            ?? throw new InvalidDatasetException(tree.Path, "it has pictures to measure with, but none to learn from: a part called train is missing."));
        CheckCoverage(whole, "to learn from");

        if (parts.TryGetValue(DataPart.Validation, out var measured))
        {
            var validation = Table(measured);
            CheckCoverage(validation, "to measure with");
            ReportDuplicates(whole, validation);
            return new(whole, validation, test, warnings);
        }

        var (learnt, held) = Datasets.Split(whole, options);
        var (training, apart) = (Table([.. learnt.Select(i => whole.Rows[i])]), Table([.. held.Select(i => whole.Rows[i])]));
        // A class of one picture cannot be on both sides.
        CheckCoverage(training, "to learn from");
        CheckCoverage(apart, "to measure with, when a part is held out");
        ReportDuplicates(training, apart);
        return new(training, apart, test, warnings);
    }

    /// <summary>Reads what is to be measured with: a part called val, else test, else all.</summary>
    /// <param name="list">The list of the pictures, where it was given by itself.</param>
    public (ImageTable Whole, IReadOnlyList<string> Warnings) ReadForEvaluation(TreeFile? list)
    {
        var (parts, classes, task) = Read(list);
        DataPart[] order = [DataPart.Test, DataPart.Validation, DataPart.Training];
        var part = order.First(parts.ContainsKey);
        return (new(tree, parts[part], classes, task), warnings);
    }

    private (Dictionary<DataPart, IReadOnlyList<ImageRow>> Parts, IReadOnlyList<string> Classes, ClassificationTask Task) Read(TreeFile? list)
    {
        if (list is not null) return FromLists([(DataPart.Training, list)], prefix: "", allMayHaveParts: true);

        var (files, prefix) = Descend();
        var depth = prefix.Length == 0 ? 0 : prefix.Count(c => c == '/');
        var top = files.Where(file => file.Parts.Length == depth + 1).ToList();
        var lists = top.Where(file => ImageList.Is(file.Path)).ToList();
        var named = lists.Select(file => (Part: DataParts.Find(Path.GetFileNameWithoutExtension(file.Path)), file)).Where(entry => entry.Part is not null)
            .Select(entry => (entry.Part!.Value, entry.file)).ToList();
        if (named.Count > 0) return FromLists(named, prefix, allMayHaveParts: false);
        if (lists is [var only]) return FromLists([(DataPart.Training, only)], prefix, allMayHaveParts: true);

        var rest = Pictures(files).Where(file => file.Parts.Length > depth + 1).ToList();
        var folders = rest.GroupBy(file => file.Parts[depth]).ToList();
        if (folders.Count == 0)
        {
            var reason = lists.Count > 1
                ? $"it has {lists.Count} lists, and none is called train: give one of them by itself"
                : Pictures(top).Any()
                    ? "its pictures lie in no folders, and nothing says their classes"
                    : "there are no pictures in it";
            throw new InvalidDatasetException(tree.Path, $"{reason}. Expected a folder for each class, such as {Path.Combine(tree.Path, "cat", "1.jpg")}.");
        }

        if (Pictures(top).Count() is var loose and > 0) warnings.Add($"{loose:N0} pictures beside the folders of the classes are left out, such as {Pictures(top).First().Path}");
        return folders.Exists(folder => DataParts.Find(folder.Key) == DataPart.Training) && folders.TrueForAll(folder => DataParts.Find(folder.Key) is not null)
            ? FromFolders([.. folders.Select(folder => (DataParts.Find(folder.Key)!.Value, folder.ToList()))], depth + 1)
            : FromFolders([(DataPart.Training, rest)], depth);
    }

    // An archive, and now and then a folder, has everything in one folder: what is in that counts.
    private (IReadOnlyList<TreeFile> Files, string Prefix) Descend()
    {
        var (files, prefix, depth) = (tree.Files, "", 0);
        while (files.Count > 0 && files[0].Parts.Length > depth + 1)
        {
            var name = files[0].Parts[depth];
            if (DataParts.Find(name) is not null || !files.All(file => file.Parts.Length > depth + 2 && file.Parts[depth] == name || IsListIn(file, depth, name))) break;
            (prefix, depth) = ($"{prefix}{name}/", depth + 1);
        }
        return (files, prefix);

        static bool IsListIn(TreeFile file, int depth, string name) => file.Parts.Length == depth + 2 && file.Parts[depth] == name && ImageList.Is(file.Path);
    }

    private (Dictionary<DataPart, IReadOnlyList<ImageRow>>, IReadOnlyList<string>, ClassificationTask) FromFolders(
        List<(DataPart Part, List<TreeFile> Files)> parts, int depth)
    {
        if (options.Task == ClassificationTask.MultiLabel)
            throw new InvalidDatasetException(tree.Path, "a folder for each class gives a picture one class: for several at once give a list with a column 'labels'.");

        var empty = tree.EmptyFolders.Where(folder => folder.Count(c => c == '/') == depth).Select(folder => folder.Split('/')[^1]).ToList();
        string[] found = [.. parts.SelectMany(part => part.Files).Where(file => file.Parts.Length > depth + 1).Select(file => file.Parts[depth]).Distinct().Order(StringComparer.Ordinal)];
        foreach (var name in empty.Except(found).Except(options.Classes ?? []))
            throw new InvalidDatasetException(tree.Path, $"the class folder '{name}' has no pictures: put some in, or remove it.");

        var classes = options.Classes ?? Ordered(found);
        var numbers = Numbers(classes);
        var rows = parts.GroupBy(part => part.Part).ToDictionary(
            part => part.Key,
            part => (IReadOnlyList<ImageRow>)[.. part.SelectMany(entry => entry.Files).Where(file => file.Parts.Length > depth + 1)
                .Select(file => new ImageRow(file, [Number(numbers, file.Parts[depth], tree.Path)]))]);
        return (rows, classes, ClassificationTask.SingleLabel);
    }

    private (Dictionary<DataPart, IReadOnlyList<ImageRow>>, IReadOnlyList<string>, ClassificationTask) FromLists(
        List<(DataPart Part, TreeFile File)> lists, string prefix, bool allMayHaveParts)
    {
        var read = lists.Select(entry => (entry.Part, Name: tree.NameOf(entry.File), List: ImageList.Read(tree.NameOf(entry.File), Datasets.ReadList(tree, entry.File)))).ToList();
        var several = read.Exists(entry => entry.List.HasSeveral);
        if (several && options.Task == ClassificationTask.SingleLabel)
        {
            if (read.SelectMany(entry => entry.List.Rows).FirstOrDefault(row => row.Labels.Count != 1) is { } wrong)
                throw new InvalidDatasetException(read[0].Name, $"line {wrong.Line}: {wrong.Path} has {wrong.Labels.Count} labels, but one class was asked for.");
        }
        var task = options.Task ?? (several ? ClassificationTask.MultiLabel : ClassificationTask.SingleLabel);

        var classes = options.Classes
            ?? Ordered([.. read.SelectMany(entry => entry.List.Rows).SelectMany(row => row.Labels).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
        var numbers = Numbers(classes);
        Dictionary<DataPart, List<ImageRow>> parts = [];
        foreach (var (part, name, list) in read)
        {
            foreach (var row in list.Rows)
            {
                var target = allMayHaveParts ? row.Part ?? part : part;
                if (!parts.TryGetValue(target, out var rows)) parts[target] = rows = [];
                rows.Add(new(tree.Find($"{(Path.IsPathRooted(row.Path) ? "" : prefix)}{row.Path}"), [.. row.Labels.Select(label => Number(numbers, label, name))]));
            }
        }
        return (parts.ToDictionary(part => part.Key, part => (IReadOnlyList<ImageRow>)part.Value), classes, task);
    }

    private IReadOnlyList<string> Ordered(string[] found) =>
        options.PreferredOrder is { } order && order.Order(StringComparer.Ordinal).SequenceEqual(found, StringComparer.Ordinal) ? order : found;

    private static IEnumerable<TreeFile> Pictures(IEnumerable<TreeFile> files) => files.Where(file => ImageExtensions.Has(Path.GetExtension(file.Path)));

    private Dictionary<string, int> Numbers(IReadOnlyList<string> classes)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (number, name) in classes.Index())
        {
            if (!numbers.TryAdd(name, number)) throw new InvalidDatasetException(tree.Path, $"two classes are called '{name}'.");
        }
        return numbers;
    }

    private static int Number(Dictionary<string, int> numbers, string label, string where) => numbers.TryGetValue(label, out var number)
        ? number
        : throw new InvalidDatasetException(where, $"its class '{label}' is none of the network's: {Some(numbers.Keys)}.");

    private void CheckCoverage(ImageTable part, string purpose)
    {
        var seen = new HashSet<int>(part.Rows.SelectMany(row => row.Labels));
        var missing = part.Classes.Where((_, number) => !seen.Contains(number)).ToList();
        if (missing.Count == 0) return;
        // Of several at once a rare class may be on one side alone.
        if (part.Task == ClassificationTask.MultiLabel && seen.Count > 0)
        {
            warnings.Add($"no pictures {purpose} have the {(missing.Count == 1 ? "class" : "classes")} {Some(missing)}");
            return;
        }
        throw new InvalidDatasetException(
            tree.Path, $"{(missing.Count == 1 ? "the class" : $"{missing.Count} classes")} {Some(missing)} {(missing.Count == 1 ? "has" : "have")} no pictures {purpose}.");
    }

    private void ReportDuplicates(ImageTable training, ImageTable validation)
    {
        if (!options.FindDuplicates) return;
        var pairs = Duplicates.Find(training, validation, cancellation);
        if (pairs.Count == 0) return;
        var (learnt, held) = pairs[0];
        warnings.Add(
            $"{pairs.Count:N0} {(pairs.Count == 1 ? "picture is" : "pictures are")} in both parts, byte for byte, such as {learnt.Path} and {held.Path}: what is measured is too good");
    }

    private InvalidDatasetException OneClass(IReadOnlyList<string> classes) => new(
        tree.Path,
        $"there is one class, {Some(classes)}, and a classifier needs two at least. Expected a folder for each class, such as {Path.Combine(tree.Path, "cat", "1.jpg")} and {Path.Combine(tree.Path, "dog", "2.jpg")}.");

    private static string Some(IEnumerable<string> names)
    {
        var all = names.ToList();
        var shown = string.Join(", ", all.Take(NamesShown).Select(name => $"'{name}'"));
        return all.Count > NamesShown ? $"{shown} and {all.Count - NamesShown} more" : shown;
    }
}
