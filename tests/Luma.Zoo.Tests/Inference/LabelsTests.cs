using System.Text;
using Luma.Zoo.Inference;

namespace Luma.Zoo.Tests.Inference;

public sealed class LabelsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("luma-labels").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_zoo_has_the_labels_of_ImageNet_and_MNIST()
    {
        Assert.Equal(["imagenet-1k", "mnist"], Labels.GetNames());
        Assert.Equal(Enumerable.Range(0, 10).Select(digit => $"{digit}"), Labels.Get("mnist"));

        var classes = Labels.Get("imagenet-1k");
        Assert.Equal(1000, classes.Count);
        Assert.Equal(("tench", "toilet tissue"), (classes[0], classes[999]));
    }

    [Fact]
    public void An_unknown_set_names_the_known_ones()
    {
        var error = Assert.Throws<ArgumentException>(() => Labels.Get("imagenet-22k"));

        Assert.StartsWith("There are no labels 'imagenet-22k'; there are imagenet-1k, mnist.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("labels.txt", "cat\ndog")]
    [InlineData("labels.txt", "cat\r\ndog\r\n\r\n")]
    [InlineData("labels.txt", "  cat \n dog\n")]
    [InlineData("labels.json", """["cat", "dog"]""")]
    public void A_file_has_one_label_per_line_or_is_a_JSON_array(string name, string text) =>
        Assert.Equal(["cat", "dog"], Labels.Load(Write(name, text)));

    [Theory]
    [InlineData("labels.txt", "")]
    [InlineData("labels.txt", "\n \n")]
    [InlineData("labels.txt", "cat\n\ndog")]
    [InlineData("labels.json", "")]
    [InlineData("labels.json", "[]")]
    [InlineData("labels.json", "null")]
    [InlineData("labels.json", """["cat", null]""")]
    [InlineData("labels.json", """["cat", 1]""")]
    [InlineData("labels.json", """{"1": "cat"}""")]
    [InlineData("labels.json", """{"0": "cat", "00": "dog"}""")]
    [InlineData("labels.json", """{"0": ["a", "b", "c"]}""")]
    [InlineData("labels.json", """{"0": ""}""")]
    [InlineData("labels.json", """{"id2label": 3}""")]
    [InlineData("labels.json", """["cat", "\ud800"]""")]
    [InlineData("labels.json", """{"0": "cat", "\udc00": "dog"}""")]
    public void A_file_without_labels_is_refused_by_name(string name, string text)
    {
        var path = Write(name, text);

        Assert.StartsWith($"{path}: ", Assert.Throws<InvalidDataException>(() => Labels.Load(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"1": "dog", "0": "cat"}""")]
    [InlineData("""{"0": ["n02121808", "cat"], "1": ["n02084071", "dog"]}""")]
    [InlineData("""{"architectures": ["X"], "id2label": {"0": "cat", "1": "dog"}}""")]
    [InlineData("""{"label_names": ["cat", "dog"]}""")]
    [InlineData("""{"classes": ["cat", "dog"]}""")]
    public void Names_stand_in_other_libraries_files_in_other_ways(string text) =>
        Assert.Equal(["cat", "dog"], Labels.Load(Write("labels.json", text)));

    // Read as something else, every umlaut would be a question mark.
    [Theory]
    [InlineData("labels.txt", "Hund\nB\u00E4r\n")]
    [InlineData("labels.json", "[\"Hund\", \"B\u00E4r\"]")]
    public void Names_in_another_encoding_than_unicode_are_refused(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text, Encoding.Latin1);

        Assert.Equal($"{path}: this is not text in UTF-8; save it so.", Assert.Throws<InvalidDataException>(() => Labels.Load(path)).Message);

        foreach (var encoding in (Encoding[])[Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode, new UTF8Encoding(false)])
        {
            File.WriteAllText(path, text, encoding);
            Assert.Equal(["Hund", "B\u00E4r"], Labels.Load(path));
        }
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
