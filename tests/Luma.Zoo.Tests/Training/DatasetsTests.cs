using Luma.Zoo.Inference;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Tests.Training;

public sealed class DatasetsTests : IDisposable
{
    private readonly PictureFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public void A_folder_for_each_class_is_split_with_the_classes_in_Pythons_order()
    {
        // sorted() in Python: ['Zebra', 'a b', 'cat', 'é', 'Ａ', '😀'].
        string[] classes = ["cat", "é", "Zebra", "a b", "\U0001F600", "\uFF21"];
        foreach (var name in classes) data.With([.. Enumerable.Range(0, 10).Select(i => $"{name}/{i}.png")]);

        using var split = Datasets.Open(data.Root);

        Assert.Equal(["Zebra", "a b", "cat", "é", "\uFF21", "\U0001F600"], split.Classes);
        // A fifth of each class.
        Assert.Equal((48, 12), (split.Training.Count, split.Validation.Count));
        Assert.Null(split.Test);
        Assert.Empty(split.Warnings);
        Assert.All(Enumerable.Range(0, 6), label => Assert.Equal(2, Labels(split.Validation).Count(known => known == label)));
        Assert.Equal(60, Names(split.Training).Concat(Names(split.Validation)).Distinct().Count());
        Assert.All(Enumerable.Range(0, 48), i => Assert.Equal(Path.GetFileName(Path.GetDirectoryName(split.Training.Get(i).Image.Name)), split.Classes[split.Training.GetLabels(i)[0]]));
    }

    [Theory]
    [InlineData(2, 0.01, 1)]
    [InlineData(2, 0.99, 1)]
    [InlineData(3, 0.5, 2)]
    [InlineData(10, 0.01, 1)]
    [InlineData(10, 0.99, 9)]
    [InlineData(10, 0.3, 3)]
    public void At_least_one_picture_of_each_class_is_held_out_and_never_all(int count, double fraction, int held)
    {
        data.With([.. Enumerable.Range(0, count).SelectMany(i => (string[])[$"a/{i}.png", $"b/{i}.png"])]);

        using var split = Datasets.Open(data.Root, new DatasetOptions { ValidationFraction = fraction });

        Assert.Equal((2 * (count - held), 2 * held), (split.Training.Count, split.Validation.Count));
        Assert.Equal(held, Labels(split.Validation).Count(label => label == 0));
    }

    [Fact]
    public void The_split_is_the_seeds_and_not_the_orders()
    {
        string[] names = [.. Enumerable.Range(0, 20).SelectMany(i => (string[])[$"a/{i}.png", $"b/{i}.png"])];
        data.With(names);
        using var other = new PictureFolder().With([.. names.Reverse()]);
        string List(IEnumerable<string> rows) => "path,label\n" + string.Join('\n', rows.Select(name => $"{name},{name[0]}"));
        data.Write("list.csv", List(names));
        other.Write("list.csv", List(names.Reverse()));

        var first = Held(data.Root, 1);

        Assert.Equal(8, first.Count);
        Assert.Equal(first, Held(other.Root, 1));
        File.Delete(data.PathOf("list.csv"));
        Assert.Equal(first, Held(data.Root, 1));
        Assert.NotEqual(first, Held(data.Root, 2));

        static List<string> Held(string root, int seed)
        {
            using var split = Datasets.Open(root, new DatasetOptions { Seed = seed });
            return [.. Names(split.Validation).Select(name => Path.GetRelativePath(root, name!)).Order(StringComparer.Ordinal)];
        }
    }

    [LinuxFact]
    public void Links_are_followed_but_not_back_to_a_folder_above()
    {
        using var elsewhere = new PictureFolder().With("far/1.png", "far/2.png", "far/deep/3.png");
        data.With("a/1.png", "a/2.png", "b/1.png", "b/2.png");
        Directory.CreateSymbolicLink(data.PathOf("c"), elsewhere.PathOf("far"));
        // As they are, and through another place.
        Directory.CreateSymbolicLink(data.PathOf("a/self"), ".");
        Directory.CreateSymbolicLink(data.PathOf("b/up"), "..");
        Directory.CreateSymbolicLink(data.PathOf("all"), data.Root);
        Directory.CreateSymbolicLink(elsewhere.PathOf("far/deep/back"), data.Root);
        Directory.CreateSymbolicLink(elsewhere.PathOf("far/deep/round"), elsewhere.PathOf("far"));
        var alias = data.Beside("alias");
        Directory.CreateSymbolicLink(alias, data.Root);

        foreach (var root in (string[])[data.Root, alias])
        {
            using var split = Datasets.Open(root, new DatasetOptions { FindDuplicates = false });

            Assert.Equal(["a", "b", "c"], split.Classes);
            Assert.Equal(["a/1.png", "a/2.png", "b/1.png", "b/2.png", "c/1.png", "c/2.png", "c/deep/3.png"], Names(split.Training).Concat(Names(split.Validation)).Select(name => Path.GetRelativePath(root, name!)).Order(StringComparer.Ordinal));
            Assert.Empty(split.Warnings);
        }
    }

    [Theory]
    [InlineData("run")]
    [InlineData("runs/1")]
    public void A_run_beside_the_classes_is_none(string run)
    {
        data.With("a/1.png", "a/2.png", "b/1.png", "b/2.png").WithFolder(run);
        using (RunFolder.Open(data.PathOf(run), resume: false))
        {
            using var first = Datasets.Open(data.Root);
            Assert.Equal(["a", "b"], first.Classes);
        }
        data.With($"{run}/.luma-run-lock", $"{run}/curves.png", $"{run}/deep/confusion.png");

        using var later = Datasets.Open(data.Root);

        Assert.Equal(["a", "b"], later.Classes);
        Assert.Equal(4, later.Training.Count + later.Validation.Count);
        Assert.Empty(later.Warnings);
    }

    [Theory]
    [InlineData("train", "val", "test")]
    [InlineData("training", "validation", "testing")]
    [InlineData("Train", "dev", "Test")]
    public void Parts_are_taken_as_they_are(string train, string val, string test)
    {
        data.With($"{train}/a/1.png", $"{train}/a/deep/2.png", $"{train}/b/1.png", $"{val}/a/1.png", $"{val}/b/1.png", $"{test}/b/1.png");

        using var split = Datasets.Open(data.Root);
        using var measured = Datasets.OpenForEvaluation(data.Root);

        Assert.Equal((3, 2, 1), (split.Training.Count, split.Validation.Count, split.Test!.Count));
        Assert.Equal(["a", "b"], split.Classes);
        Assert.Equal([0, 0, 1], Labels(split.Training));
        Assert.Equal([1], Labels(measured.Validation));
    }

    [Fact]
    public void Pictures_beside_the_parts_are_left_out_with_a_warning()
    {
        data.With("train/a/1.png", "train/b/1.png", "train/loose.png", "val/a/1.png", "val/b/1.png", "extra/x/1.png", "top.png");

        using var split = Datasets.Open(data.Root);

        Assert.Equal((2, 2), (split.Training.Count, split.Validation.Count));
        Assert.Equal(
            [
                "1 picture beside the folders is left out, such as top.png",
                "1 picture beside the folders of the classes in train is left out, such as train/loose.png",
                "the 1 pictures in extra are left out, since it is none of train, val and test",
            ],
            split.Warnings);
    }

    [Fact]
    public void A_class_may_be_called_as_a_part()
    {
        data.With("train/1.png", "train/2.png", "bus/1.png", "bus/2.png");

        using var split = Datasets.Open(data.Root);

        Assert.Equal(["bus", "train"], split.Classes);
    }

    [Fact]
    public void A_part_alone_can_be_measured_with()
    {
        data.With("val/a/1.png", "val/c/1.png");

        using var measured = Datasets.OpenForEvaluation(data.Root, new DatasetOptions { Classes = ["a", "b", "c"] });

        Assert.Equal([0, 2], Labels(measured.Validation));
        Assert.Equal("it has pictures to measure with, but none to learn from: a part called train is missing.", Reason());
    }

    [Fact]
    public void A_single_class_can_be_measured_with_where_the_network_says_the_others()
    {
        data.With("b/1.png", "b/deep/2.png");

        using var measured = Datasets.OpenForEvaluation(data.Root, new DatasetOptions { Classes = ["a", "b"] });

        Assert.Equal([1, 1], Labels(measured.Validation));
    }

    [Fact]
    public void A_preferred_order_holds_for_just_these_classes()
    {
        data.With("a/1.png", "a/2.png", "b/1.png", "b/2.png");

        using var same = Datasets.Open(data.Root, new DatasetOptions { PreferredOrder = ["b", "a"] });
        using var other = Datasets.Open(data.Root, new DatasetOptions { PreferredOrder = ["b", "a", "c"] });

        Assert.Equal(["b", "a"], same.Classes);
        Assert.Equal(["a", "b"], other.Classes);
    }

    [Theory]
    [InlineData("", "there are no pictures in it.")]
    [InlineData("readme.txt", "there are no pictures in it.")]
    [InlineData("1.png 2.png", "its pictures lie in no folders, and nothing says their classes.")]
    [InlineData("a/1.png a/2.png", "there is one class, 'a', and a classifier needs two at least.")]
    [InlineData("a/1.png a/2.png b/1.png", "the class 'b' has no pictures in the part that is held out to measure with.")]
    [InlineData("a/1.png a/2.png b/1.png b/2.png c/", "the class folder 'c' has no pictures: put some in, or remove it.")]
    [InlineData("a/1.png a/2.png b/1.png b/2.png c/deep/", "the class folder 'c' has no pictures: put some in, or remove it.")]
    [InlineData("a/1.png a/2.png b/1.png b/2.png c/notes.txt", "the class folder 'c' has no pictures: put some in, or remove it.")]
    [InlineData("train/a/1.png train/b/1.png val/a/1.png", "the class 'b' has no pictures to measure with.")]
    [InlineData("train/a/1.png val/b/1.png val/a/1.png", "the class 'b' has no pictures to learn from.")]
    [InlineData("train/a/1.png train/b/1.png val/a/1.png val/b/", "the class 'b' has no pictures to measure with.")]
    [InlineData("train/a/1.png train/b/1.png val/", "the folder 'val' has no pictures: put some in, or remove it.")]
    [InlineData("train/ val/a/1.png val/b/1.png", "the folder 'train' has no pictures: put some in, or remove it.")]
    [InlineData("train/1.png val/a/1.png", "the pictures of 'train' lie in no folders, and nothing says their classes.")]
    [InlineData("one.csv two.csv", "it has 2 lists, and none is called train: give one of them by itself.")]
    public void What_is_wrong_with_a_folder_is_said(string names, string reason)
    {
        foreach (var name in names.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (name.EndsWith('/')) data.WithFolder(name);
            else if (name.EndsWith(".png", StringComparison.Ordinal)) data.With(name);
            else data.Write(name, "x");
        }

        Assert.StartsWith(reason, Reason(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing", "there is no such folder or file.")]
    [InlineData("file.txt", "expected a folder of pictures, a ZIP archive of one, or a list *.csv or *.jsonl.")]
    [InlineData("broken.zip", "this is not a ZIP archive, or it is damaged.")]
    [InlineData("empty.zip", "expected a folder of pictures, a ZIP archive of one, or a list *.csv or *.jsonl.")]
    public void What_is_no_data_set_is_said(string name, string reason)
    {
        data.Write("file.txt", "text").Write("broken.zip", "PK and no more").Write("empty.zip", "");

        var error = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(data.PathOf(name)));

        Assert.Equal((data.PathOf(name), reason), (error.Path, error.Reason));
    }

    [Fact]
    public void A_class_that_the_network_does_not_have_is_named()
    {
        data.With("a/1.png", "b/1.png").Write("list.csv", "path,label\na/1.png,a\nb/1.png,dog\n");

        Assert.Equal(
            "line 3: its class 'dog' is none of the network's: 'a', 'b'.",
            Assert.Throws<InvalidDatasetException>(() => Datasets.OpenForEvaluation(data.PathOf("list.csv"), new DatasetOptions { Classes = ["a", "b"] })).Reason);
        File.Delete(data.PathOf("list.csv"));
        Assert.Equal(
            "its class 'b' is none of the network's: 'a', 'c'.",
            Assert.Throws<InvalidDatasetException>(() => Datasets.OpenForEvaluation(data.Root, new DatasetOptions { Classes = ["a", "c"] })).Reason);
    }

    [Fact]
    public void The_same_bytes_in_both_parts_are_told()
    {
        data.With("train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png");
        File.Copy(data.PathOf("train/a/1.png"), data.PathOf("val/b/copy.png"));

        using var split = Datasets.Open(data.Root);
        using var silent = Datasets.Open(data.Root, new DatasetOptions { FindDuplicates = false });
        using var archive = Datasets.Open(data.Zip());

        const string Expected = "1 picture is in both parts, byte for byte, such as train/a/1.png and val/b/copy.png: what is measured is too good";
        Assert.Equal(Expected, Assert.Single(split.Warnings));
        Assert.Equal(Expected, Assert.Single(archive.Warnings));
        Assert.Empty(silent.Warnings);
    }

    [Theory]
    [InlineData("\n", "")]
    [InlineData("\r\n", "\uFEFF")]
    public void A_csv_list_is_read_with_quotes_and_parts(string newline, string mark)
    {
        data.With("one, two/a.png", "b.png", "c.png", "d.png");
        var absolute = data.PathOf("d.png");
        data.Write("list.csv", mark + string.Join(newline, "split,path,label", "train,\"one, two/a.png\",\"big \"\"cat\"\"\"", "train,b.png,dog", "val,./c.png,dog", $"val,{absolute},\"big \"\"cat\"\"\"", ""));

        foreach (var path in (string[])[data.Root, data.PathOf("list.csv")])
        {
            using var split = Datasets.Open(path);
            Assert.Equal(["big \"cat\"", "dog"], split.Classes);
            Assert.Equal([0, 1], Labels(split.Training));
            Assert.Equal([1, 0], Labels(split.Validation));
            Assert.All(Names(split.Training).Concat(Names(split.Validation)), name => Assert.True(File.Exists(name), name));
        }
    }

    [Theory]
    [InlineData("path,label\n\n1.png,a\n\n \n2.png,b\n3.png,a\n4.png,b\n\n\n")]
    [InlineData("path,label\r\n1.png,a\r\n\r\n2.png,b\r\n3.png,a\r\n4.png,b\r\n\r\n")]
    public void Empty_lines_of_a_list_are_nothing(string content)
    {
        data.With("1.png", "2.png", "3.png", "4.png").Write("list.csv", content);

        using var split = Datasets.Open(data.Root);

        Assert.Equal((["a", "b"], 4), (split.Classes, split.Training.Count + split.Validation.Count), (one, other) => one.Item1.SequenceEqual(other.Item1) && one.Item2 == other.Item2);
    }

    [Fact]
    public void A_picture_that_is_listed_again_with_another_class_is_told()
    {
        data.With("1.png", "2.png", "3.png", "4.png");
        data.Write("list.csv", "path,label,split\n1.png,a,train\n2.png,b,train\n3.png,a,val\n4.png,b,val\n2.png,b,train\n2.png,b,train\n1.png,b,train\n1.png,b,train\n");

        using var split = Datasets.Open(data.Root);

        Assert.Equal("list.csv: 1 picture is listed again with other classes, such as 1.png in the lines 2 and 8", Assert.Single(split.Warnings));
        Assert.Equal(6, split.Training.Count);
    }

    [Fact]
    public void Several_labels_make_a_task_of_several_at_once()
    {
        data.With("1.png", "2.png", "3.png", "4.png");
        data.Write("train.csv", "path,labels\n1.png,cat;dog\n2.png,\n3.png, dog ; cat;cat\n").Write("val.jsonl", "{\"path\":\"4.png\",\"labels\":[\"dog\"]}\n\n");

        using var split = Datasets.Open(data.Root);

        Assert.Equal(ClassificationTask.MultiLabel, split.Training.Task);
        Assert.Equal(["cat", "dog"], split.Classes);
        Assert.Equal([[0, 1], [], [1, 0]], Enumerable.Range(0, 3).Select(i => split.Training.GetLabels(i).ToArray()));
        Assert.Equal([1], split.Validation.GetLabels(0));
        Assert.Equal("the class 'cat' has no pictures to measure with", Assert.Single(split.Warnings));
    }

    [Fact]
    public void Sets_of_labels_that_are_rare_are_held_out_together()
    {
        data.With([.. Enumerable.Range(0, 10).Select(i => $"{i}.png")]);
        // Each picture has a set of its own: numbers from 1 to 10 in binary.
        data.Write("list.csv", "path,labels\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"{i}.png,{string.Join(';', Enumerable.Range(0, 4).Where(bit => ((i + 1) >> bit & 1) == 1))}\n")));

        using var split = Datasets.Open(data.Root);

        Assert.Equal((8, 2), (split.Training.Count, split.Validation.Count));
    }

    [Fact]
    public void Lines_of_json_are_read()
    {
        data.With("1.png", "2.png");
        data.Write("list.jsonl", "{\"file\":\"1.png\",\"label\":7,\"split\":\"train\",\"other\":null}\r\n{\"Path\":\"2.png\",\"class\":\"x\",\"split\":\"train\"}\n{\"path\":\"1.png\",\"label\":\"7\",\"split\":\"dev\"}\n{\"path\":\"2.png\",\"label\":\"x\",\"split\":\"dev\"}");

        using var split = Datasets.Open(data.Root, new DatasetOptions { FindDuplicates = false });

        Assert.Equal(["7", "x"], split.Classes);
        Assert.Equal([0, 1], Labels(split.Training));
        Assert.Equal(2, split.Validation.Count);
    }

    [Theory]
    [InlineData("l.csv", "path\n1.png\n", "its first line names no column label (or labels, for several at once); it has 'path'.")]
    [InlineData("l.csv", "name,label\n1.png,a\n", "its first line names no column path; it has 'name', 'label'.")]
    [InlineData("l.csv", "path,label\n1.png,a\n2.png,\n", "line 3: it has no label.")]
    [InlineData("l.csv", "path,label\n,a\n", "line 2: it has no path.")]
    [InlineData("l.csv", "path,label\n1\0.png,a\n", "line 2: the path has a NUL character.")]
    [InlineData("l.jsonl", "{\"path\":\"1\\u0000.png\",\"label\":0}\n", "line 1: the path has a NUL character.")]
    [InlineData("l.csv", "path,label,split\n1.png,a,trian\n", "line 2: there is no part 'trian' of the data: expected train, val or test.")]
    [InlineData("l.csv", "path,label\n", "it lists no pictures.")]
    [InlineData("l.csv", "path,label\n1.png,a\n2.png\n", "line 3: it has 1 value, and the first line 2: a value with the separator in it stands in double quotes.")]
    [InlineData("l.csv", "path,label\n\n1.png,a, b\n", "line 3: it has 3 values, and the first line 2: a value with the separator in it stands in double quotes.")]
    [InlineData("l.jsonl", "{\"path\":\"1.png\",\"label\":\"a\",\"Label\":\"b\"}\n", "line 1: it has two members 'Label'.")]
    [InlineData("l.jsonl", "", "it lists no pictures.")]
    [InlineData("l.jsonl", "{\"path\":\"1.png\",\"label\":\"a\"}\n[1]\n", "line 2: it is not a JSON object.")]
    [InlineData("l.jsonl", "{\"label\":\"a\"}\n", "line 1: it has no member 'path'.")]
    [InlineData("l.jsonl", "{\"path\":\"1.png\"}\n", "line 1: it has no member 'label' (or 'labels', for several at once).")]
    [InlineData("l.jsonl", "{\"path\":\"1.png\",\"label\":null}\n", "line 1: expected text, got null.")]
    public void What_is_wrong_with_a_list_is_said_with_the_line(string name, string content, string reason)
    {
        data.With("1.png", "2.png").Write(name, content);

        var error = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(data.Root));

        Assert.Equal((data.PathOf(name), reason), (error.Path, error.Reason));
    }

    [Theory]
    [InlineData("l.csv", "path,label,path\n1.png,a,b\n", "this is not a CSV file that can be read: ")]
    [InlineData("l.csv", "", "")]
    [InlineData("l.jsonl", "{\"path\":\"1.png\",\"label\":\"a\"}\n{\"path\":\n", "line 2: it is not JSON: ")]
    [InlineData("l.csv", "path,label\n\xFF", "it is not UTF-8 text.")]
    public void A_list_that_cannot_be_read_is_an_error_of_the_data(string name, string content, string reason)
    {
        data.With("1.png").Write(name, System.Text.Encoding.Latin1.GetBytes(content));

        var error = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(data.Root));

        Assert.Equal(data.PathOf(name), error.Path);
        Assert.StartsWith(reason, error.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.DoesNotContain("LineNumber", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pets/")]
    [InlineData("pets/v1/")]
    [InlineData("./")]
    public void An_archive_is_as_a_folder(string prefix)
    {
        data.With("a/1.png", "a/2.png", "b/1.png", "b/sub/2.png").Write("README.txt", "words");
        var path = data.Zip(prefix, ("__MACOSX/a/._1.png", [1]), ($"{prefix}a/.hidden.png", [2]), (".DS_Store", [3]));

        using var split = Datasets.Open(path);

        Assert.Equal(["a", "b"], split.Classes);
        Assert.Equal((2, 2), (split.Training.Count, split.Validation.Count));
        Assert.Empty(split.Warnings);
        Assert.StartsWith(path, split.Training.Get(0).Image.Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("set/")]
    public async Task Parts_and_lists_are_found_in_an_archive_too(string prefix)
    {
        data.With("train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png");
        using (var split = Datasets.Open(data.Zip(prefix))) Assert.Equal((2, 2), (split.Training.Count, split.Validation.Count));

        data.Write("list.csv", "path,label,split\n./train/a/1.png,x,train\ntrain\\b\\1.png,y,train\nval/a/1.png,x,val\nval/b/1.png,y,val\n");
        using var listed = Datasets.Open(data.Zip(prefix));
        Assert.Equal(["x", "y"], listed.Classes);
        var loader = new DataLoader(listed.Training, DataLoaderTests.Preset);
        await foreach (var (_, batch) in loader.ReadAsync(1)) batch.Dispose();
        Assert.Empty(loader.Unreadable);
    }

    [Fact]
    public async Task A_damaged_picture_of_an_archive_is_left_out_alone()
    {
        data.With("train/a/1.png", "train/a/2.png", "train/b/1.png", "val/a/1.png", "val/b/1.png");
        var path = data.Zip();
        var (bytes, picture) = (File.ReadAllBytes(path), File.ReadAllBytes(data.PathOf("train/a/2.png")));
        var place = bytes.AsSpan().IndexOf(picture);
        bytes.AsSpan(place, picture.Length).Fill(0x55);
        File.WriteAllBytes(path, bytes);

        using var split = Datasets.Open(path);
        var loader = new DataLoader(split.Training, DataLoaderTests.Preset);
        List<int> read = [];
        await foreach (var (_, batch) in loader.ReadAsync(1))
        {
            read.AddRange(batch.Indices);
            batch.Dispose();
        }

        Assert.Equal([0, 2], read);
        Assert.Contains("train/a/2.png", Assert.Single(loader.Unreadable).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Digits_are_split_and_measured_with_their_own_part()
    {
        using var digits = new DigitFiles().WithPart("train", 100).WithPart("t10k", 20);

        using var split = Datasets.Open(digits.Folder);
        Assert.Equal((80, 20, 20), (split.Training.Count, split.Validation.Count, split.Test!.Count));
        Assert.All(Enumerable.Range(0, 10), digit => Assert.Equal(2, Labels(split.Validation).Count(label => label == digit)));

        foreach (var file in Directory.GetFiles(digits.Folder, "train*")) File.Delete(file);
        using var measured = Datasets.OpenForEvaluation(digits.Folder);
        Assert.Equal(20, measured.Validation.Count);
        Assert.Equal(
            "its classes are the digits 0 to 9, and the network's are others.",
            Assert.Throws<InvalidDatasetException>(() => Datasets.OpenForEvaluation(digits.Folder, new DatasetOptions { Classes = ["a", "b"] })).Reason);
    }

    [Fact]
    public void Several_labels_cannot_be_one()
    {
        data.With("1.png", "2.png").Write("l.csv", "path,labels\n1.png,a\n2.png,a;b\n");

        Assert.Equal(
            "line 3: 2.png has 2 labels, but one class was asked for.",
            Assert.Throws<InvalidDatasetException>(() => Datasets.Open(data.Root, new DatasetOptions { Task = ClassificationTask.SingleLabel })).Reason);
        File.Delete(data.PathOf("l.csv"));
        data.With("a/1.png", "b/1.png");
        Assert.StartsWith(
            "a folder for each class gives a picture one class",
            Assert.Throws<InvalidDatasetException>(() => Datasets.Open(data.Root, new DatasetOptions { Task = ClassificationTask.MultiLabel })).Reason, StringComparison.Ordinal);
    }

    private string Reason()
    {
        var error = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(data.Root));
        Assert.Equal(data.Root, error.Path);
        return error.Reason;
    }

    private static IEnumerable<int> Labels(IDataset part) => Enumerable.Range(0, part.Count).Select(i => part.GetLabels(i)[0]);

    private static IEnumerable<string?> Names(IDataset part) => Enumerable.Range(0, part.Count).Select(i => part.Get(i).Image.Name);
}
