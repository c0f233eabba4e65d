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
        var (parts, classes, task) = Read(list, isToLearn: true);
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
        CheckCoverage(apart, "in the part that is held out to measure with");
        ReportDuplicates(training, apart);
        return new(training, apart, test, warnings);
    }

    /// <summary>Reads what is to be measured with: a part called test, else val, else all.</summary>
    /// <param name="list">The list of the pictures, where it was given by itself.</param>
    public (ImageTable Whole, IReadOnlyList<string> Warnings) ReadForEvaluation(TreeFile? list)
    {
        var (parts, classes, task) = Read(list, isToLearn: false);
        DataPart[] order = [DataPart.Test, DataPart.Validation, DataPart.Training];
        var part = order.First(parts.ContainsKey);
        return (new(tree, parts[part], classes, task), warnings);
    }

    private (Dictionary<DataPart, IReadOnlyList<ImageRow>> Parts, IReadOnlyList<string> Classes, ClassificationTask Task) Read(TreeFile? list, bool isToLearn)
    {
        if (list is not null) return FromLists([(DataPart.Training, list)], prefix: "", allMayHaveParts: true);

        var prefix = Descend();
        var depth = prefix.Count(c => c == '/');
        var files = tree.Files.Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        var top = files.Where(file => file.Parts.Length == depth + 1).ToList();
        var lists = top.Where(file => ImageList.Is(file.Path)).ToList();
        var named = lists.Select(file => (Part: DataParts.Find(Path.GetFileNameWithoutExtension(file.Path)), file)).Where(entry => entry.Part is not null)
            .Select(entry => (entry.Part!.Value, entry.file)).ToList();
        if (named.Count > 0) return FromLists(named, prefix, allMayHaveParts: false);
        if (lists is [var only]) return FromLists([(DataPart.Training, only)], prefix, allMayHaveParts: true);

        var folders = Pictures(files).Where(file => file.Parts.Length > depth + 1).GroupBy(file => file.Parts[depth]).ToList();
        if (folders.Count == 0)
        {
            var reason = lists.Count > 1
                ? $"it has {lists.Count} lists, and none is called train: give one of them by itself"
                : Pictures(top).Any()
                    ? "its pictures lie in no folders, and nothing says their classes"
                    : "there are no pictures in it";
            throw new InvalidDatasetException(tree.Path, $"{reason}. {ExpectedFolders}");
        }

        WarnOfLoose(Pictures(top), "the folders");
        return PartFolders(prefix, files, folders, isToLearn) is { } parts
            ? FromFolders(parts, depth + 1)
            : FromFolders([(DataPart.Training, prefix)], depth);
    }

    // An archive, and now and then a folder, has everything in one folder: what is in that counts.
    private string Descend()
    {
        for (var (prefix, depth) = ("", 0); ; depth++)
        {
            var inside = tree.Files.Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal) && (ImageExtensions.Has(Path.GetExtension(file.Path)) || ImageList.Is(file.Path))).ToList();
            if (inside.Count == 0 || inside.Exists(file => file.Parts.Length == depth + 1)) return prefix;

            var name = inside[0].Parts[depth];
            if (inside.Exists(file => file.Parts[depth] != name) || DataParts.Find(name) is not null || options.Classes?.Contains(name) == true) return prefix;
            // Otherwise it is a class, if the only one.
            if (!inside.Exists(file => file.Parts.Length > depth + 2 || ImageList.Is(file.Path))) return prefix;
            prefix = $"{prefix}{name}/";
        }
    }

    // The folders train, val and test, where there are such; null where each folder is a class.
    private List<(DataPart Part, string Prefix)>? PartFolders(string prefix, List<TreeFile> files, List<IGrouping<string, TreeFile>> folders, bool isToLearn)
    {
        var depth = prefix.Count(c => c == '/');
        var parts = folders.Where(folder => DataParts.Find(folder.Key) is not null).ToList();
        var have = parts.Select(folder => DataParts.Find(folder.Key)!.Value).ToHashSet();
        // A class may be called train, with others beside it.
        var areParts = parts.Count > 0 && (parts.Count == folders.Count
            || (have.Count > 1 && have.Contains(DataPart.Training) && parts.TrueForAll(folder => folder.Any(file => file.Parts.Length > depth + 2))));
        if (!areParts) return null;

        foreach (var part in parts.Where(part => part.All(file => file.Parts.Length == depth + 2)))
            throw new InvalidDatasetException(tree.Path, $"the pictures of '{part.Key}' lie in no folders, and nothing says their classes. Expected {Path.Combine(tree.Path, prefix, part.Key, "cat", "1.jpg")}.");
        var empty = FoldersAt(files, prefix).Where(name => DataParts.Find(name) is not null).Except(parts.Select(part => part.Key)).ToList();
        if (isToLearn && empty.Count > 0) throw new InvalidDatasetException(tree.Path, $"the folder '{empty[0]}' has no pictures: put some in, or remove it.");

        foreach (var part in parts) WarnOfLoose(part.Where(file => file.Parts.Length == depth + 2), $"the folders of the classes in {part.Key}");
        foreach (var other in folders.Except(parts)) warnings.Add($"the {other.Count():N0} pictures in {other.Key} are left out, since it is none of train, val and test");
        return [.. parts.Select(part => (DataParts.Find(part.Key)!.Value, $"{prefix}{part.Key}/"))];
    }

    private void WarnOfLoose(IEnumerable<TreeFile> loose, string beside)
    {
        var files = loose.ToList();
        if (files.Count > 0)
            warnings.Add($"{files.Count:N0} {(files.Count == 1 ? "picture" : "pictures")} beside {beside} {(files.Count == 1 ? "is" : "are")} left out, such as {files[0].Path}");
    }

    // The names of the folders right below a prefix, those without any files too.
    private IEnumerable<string> FoldersAt(IEnumerable<TreeFile> files, string prefix)
    {
        var depth = prefix.Count(c => c == '/');
        return files.Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal) && file.Parts.Length > depth + 1).Select(file => file.Parts[depth])
            .Concat(tree.EmptyFolders.Where(folder => folder.StartsWith(prefix, StringComparison.Ordinal)).Select(folder => folder.Split('/')[depth]))
            .Distinct(StringComparer.Ordinal);
    }

    private (Dictionary<DataPart, IReadOnlyList<ImageRow>>, IReadOnlyList<string>, ClassificationTask) FromFolders(
        List<(DataPart Part, string Prefix)> parts, int depth)
    {
        if (options.Task == ClassificationTask.MultiLabel)
            throw new InvalidDatasetException(tree.Path, "a folder for each class gives a picture one class: for several at once give a list with a column 'labels'.");

        var pictures = parts.Select(part => (part.Part, Files: Pictures(tree.Files).Where(file => file.Parts.Length > depth + 1 && file.Path.StartsWith(part.Prefix, StringComparison.Ordinal)).ToList())).ToList();
        string[] found = [.. pictures.SelectMany(part => part.Files).Select(file => file.Parts[depth]).Distinct(StringComparer.Ordinal).Order(new CodePointOrder())];
        var empty = parts.SelectMany(part => FoldersAt(tree.Files, part.Prefix)).Except(found).Except(options.Classes ?? []).Order(new CodePointOrder()).FirstOrDefault();
        if (empty is not null) throw new InvalidDatasetException(tree.Path, $"the class folder '{empty}' has no pictures: put some in, or remove it.");

        var classes = options.Classes ?? Ordered(found);
        var numbers = Numbers(classes);
        var rows = pictures.GroupBy(part => part.Part).ToDictionary(
            part => part.Key,
            part => (IReadOnlyList<ImageRow>)[.. part.SelectMany(entry => entry.Files).Select(file => new ImageRow(file, [Number(numbers, file.Parts[depth], tree.Path)]))]);
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
            ?? Ordered([.. read.SelectMany(entry => entry.List.Rows).SelectMany(row => row.Labels).Distinct(StringComparer.Ordinal).Order(new CodePointOrder())]);
        var numbers = Numbers(classes);
        foreach (var (_, name, list) in read) WarnOfContradictions(Path.GetFileName(name), list.Rows);
        Dictionary<DataPart, List<ImageRow>> parts = [];
        foreach (var (part, name, list) in read)
        {
            foreach (var row in list.Rows)
            {
                var target = allMayHaveParts ? row.Part ?? part : part;
                if (!parts.TryGetValue(target, out var rows)) parts[target] = rows = [];
                rows.Add(new(tree.Find($"{(Path.IsPathRooted(row.Path) ? "" : prefix)}{row.Path}"), [.. row.Labels.Select(label => Number(numbers, label, name, row.Line))]));
            }
        }
        return (parts.ToDictionary(part => part.Key, part => (IReadOnlyList<ImageRow>)part.Value), classes, task);
    }

    // A picture may be listed more than once, so that it counts more; with other classes it was a mistake.
    private void WarnOfContradictions(string list, IEnumerable<ListRow> rows)
    {
        var first = new Dictionary<string, ListRow>(StringComparer.Ordinal);
        var others = rows.Where(row => !first.TryAdd(row.Path, row) && !first[row.Path].Labels.ToHashSet().SetEquals(row.Labels)).DistinctBy(row => row.Path).ToList();
        if (others.Count > 0)
            warnings.Add($"{list}: {others.Count:N0} {(others.Count == 1 ? "picture is" : "pictures are")} listed again with other classes, such as {others[0].Path} in the lines {first[others[0].Path].Line} and {others[0].Line}");
    }

    private IReadOnlyList<string> Ordered(string[] found) =>
        options.PreferredOrder is { } order && order.Order(new CodePointOrder()).SequenceEqual(found, StringComparer.Ordinal) ? order : found;

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

    private static int Number(Dictionary<string, int> numbers, string label, string where, int? line = null) => numbers.TryGetValue(label, out var number)
        ? number
        : throw new InvalidDatasetException(where, $"{(line is null ? "" : $"line {line}: ")}its class '{label}' is none of the network's: {Some(numbers.Keys)}.");

    private void CheckCoverage(ImageTable part, string purpose)
    {
        var seen = new HashSet<int>(part.Rows.SelectMany(row => row.Labels));
        var missing = part.Classes.Where((_, number) => !seen.Contains(number)).ToList();
        if (missing.Count == 0) return;
        // Of several at once a rare class may be on one side alone.
        if (part.Task == ClassificationTask.MultiLabel && seen.Count > 0)
        {
            warnings.Add($"the {(missing.Count == 1 ? "class" : "classes")} {Some(missing)} {(missing.Count == 1 ? "has" : "have")} no pictures {purpose}");
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
        $"there is one class, {Some(classes)}, and a classifier needs two at least. {ExpectedFolders}");

    private string ExpectedFolders =>
        $"Expected a folder for each class, such as {Path.Combine(tree.Path, "cat", "1.jpg")} and {Path.Combine(tree.Path, "dog", "2.jpg")}, or a list of pictures and labels.";

    private static string Some(IEnumerable<string> names)
    {
        var all = names.ToList();
        var shown = string.Join(", ", all.Take(NamesShown).Select(name => $"'{name}'"));
        return all.Count > NamesShown ? $"{shown} and {all.Count - NamesShown} more" : shown;
    }
}
