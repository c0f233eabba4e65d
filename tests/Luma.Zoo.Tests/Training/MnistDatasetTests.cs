using Luma.Zoo.Images;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Tests.Training;

public class MnistDatasetTests
{
    [Theory]
    [InlineData(false, '-')]
    [InlineData(false, '.')]
    [InlineData(true, '-')]
    [InlineData(true, '.')]
    public void Every_spelling_of_the_names_is_found(bool gzip, char separator)
    {
        using var files = new DigitFiles().WithPart("train", 20, gzip, separator).WithPart("t10k", 10, gzip, separator);

        var (training, test) = (MnistDataset.Load(files.Folder, MnistPart.Training), MnistDataset.Load(files.Folder, MnistPart.Test));

        Assert.Equal((20, 10), (training.Count, test.Count));
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], test.Classes);
    }

    [Fact]
    public void An_image_has_the_pixels_and_the_label_of_the_files()
    {
        using var files = new DigitFiles().WithPart("train", 12);
        var data = MnistDataset.Load(files.Folder, MnistPart.Training);
        var (pixels, _) = DigitFiles.Draw(12);
        using var scope = NewDisposeScope();

        var input = new ImagePreset { Channels = 1, ResizeSize = [28], CropSize = [28], Mean = [0.25], Std = [0.5] }.Apply(data.Get(11).Image.Image!);

        var actual = input.data<float>().ToArray();
        for (var i = 0; i < 784; i++) Assert.Equal(((pixels[(11 * 784) + i] / 255f) - 0.25f) / 0.5f, actual[i], 1e-6f);
        Assert.Equal([1], data.GetLabels(11));
        Assert.EndsWith("train-images-idx3-ubyte[11]", data.Get(11).Image.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_says_what_was_looked_for()
    {
        using var files = new DigitFiles().WithPart("train", 10);

        var error = Assert.Throws<InvalidDatasetException>(() => MnistDataset.Load(files.Folder, MnistPart.Test));

        Assert.Equal(
            $"{files.Folder}: it has none of t10k-images-idx3-ubyte, t10k-images.idx3-ubyte, t10k-images-idx3-ubyte.gz, t10k-images.idx3-ubyte.gz.",
            error.Message);
    }

    [Fact]
    public void A_missing_folder_is_named() => Assert.Equal(
        "no-such-folder: there is no such folder.",
        Assert.Throws<InvalidDatasetException>(() => MnistDataset.Load("no-such-folder", MnistPart.Test)).Message);

    [Fact]
    public void Images_of_another_size_are_refused()
    {
        using var files = new DigitFiles().WithPart("t10k", 2);
        files.Write("t10k-images-idx3-ubyte", DigitFiles.Idx(new byte[2 * 28 * 20], 2, 28, 20));

        Assert.Equal("its images are 28x20, not 28x28.", Assert.Throws<InvalidDatasetException>(() => MnistDataset.Load(files.Folder, MnistPart.Test)).Reason);
    }

    [Fact]
    public void As_many_labels_as_images_are_asked_for()
    {
        using var files = new DigitFiles().WithPart("t10k", 3);
        files.Write("t10k-labels-idx1-ubyte", DigitFiles.Idx([1, 2], 2));

        var error = Assert.Throws<InvalidDatasetException>(() => MnistDataset.Load(files.Folder, MnistPart.Test));

        Assert.StartsWith("it has 2 labels for the 3 images of ", error.Reason, StringComparison.Ordinal);
        Assert.EndsWith("t10k-labels-idx1-ubyte", error.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_is_no_digit_is_refused()
    {
        using var files = new DigitFiles().WithPart("t10k", 3);
        files.Write("t10k-labels-idx1-ubyte", DigitFiles.Idx([1, 10, 2], 3));

        Assert.Equal("label 1 is 10, which is not from 0 to 9.", Assert.Throws<InvalidDatasetException>(() => MnistDataset.Load(files.Folder, MnistPart.Test)).Reason);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void An_index_out_of_range_is_refused(int index)
    {
        using var files = new DigitFiles().WithPart("train", 10);
        var data = MnistDataset.Load(files.Folder, MnistPart.Training);

        Assert.Throws<ArgumentOutOfRangeException>(nameof(index), () => data.Get(index));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(index), () => new Subset(data, [.. Enumerable.Range(0, 10)]).Get(index));
    }

    [Fact]
    public void A_subset_has_its_members()
    {
        using var files = new DigitFiles().WithPart("train", 10);
        var data = MnistDataset.Load(files.Folder, MnistPart.Training);

        var subset = new Subset(data, [8, 3]);

        Assert.Equal((2, 8, 3), (subset.Count, subset.GetLabels(0)[0], subset.Get(1).Labels[0]));
        Assert.Equal(data.Get(3).Image.Name, subset.Get(1).Image.Name);
    }
}
