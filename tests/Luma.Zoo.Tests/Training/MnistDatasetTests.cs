using Luma.Zoo.Training;

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

        using var training = MnistDataset.Load(files.Folder, MnistPart.Training);
        using var test = MnistDataset.Load(files.Folder, MnistPart.Test);

        Assert.Equal((20, 10), (training.Count, test.Count));
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], test.Classes);
    }

    [Theory]
    [InlineData(28, 0)]
    [InlineData(32, 2)]
    [InlineData(33, 2)]
    public void A_batch_has_the_pixels_centred_on_black_and_normalised(int inputSize, int before)
    {
        using var files = new DigitFiles().WithPart("train", 12);
        using var dataset = MnistDataset.Load(files.Folder, MnistPart.Training, inputSize);
        var (pixels, _) = DigitFiles.Draw(12);
        long[] indices = [11, 0, 7, 7];

        using var batch = dataset.GetBatch(indices);

        Assert.Equal([4, 1, inputSize, inputSize], batch.Inputs.shape);
        Assert.Equal([1L, 0, 7, 7], batch.Labels.data<long>().ToArray());
        var actual = batch.Inputs.data<float>().ToArray();
        var expected = new float[actual.Length];
        for (var i = 0; i < expected.Length; i++)
        {
            var (image, y, x) = (i / (inputSize * inputSize), (i / inputSize % inputSize) - before, (i % inputSize) - before);
            var inside = x is >= 0 and < 28 && y is >= 0 and < 28;
            float pixel = inside ? pixels[(((indices[image] * 28) + y) * 28) + x] : (byte)0;
            expected[i] = ((pixel / 255) - (float)MnistDataset.Mean) / (float)MnistDataset.Std;
        }
        Assert.Equal(expected, actual);
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
    public void A_missing_folder_is_named()
    {
        var error = Assert.Throws<InvalidDatasetException>(() => MnistDataset.Load("no-such-folder", MnistPart.Test));

        Assert.Equal("no-such-folder: there is no such folder.", error.Message);
    }

    [Fact]
    public void Images_of_another_size_are_refused()
    {
        using var files = new DigitFiles().WithPart("t10k", 2);
        files.Write("t10k-images-idx3-ubyte", DigitFiles.Idx(new byte[2 * 28 * 20], 2, 28, 20));

        var error = Assert.Throws<InvalidDatasetException>(() => MnistDataset.Load(files.Folder, MnistPart.Test));

        Assert.Equal("its images are 28x20, not 28x28.", error.Reason);
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

        var error = Assert.Throws<InvalidDatasetException>(() => MnistDataset.Load(files.Folder, MnistPart.Test));

        Assert.Equal("label 1 is 10, which is not from 0 to 9.", error.Reason);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void An_index_out_of_range_is_refused(long index)
    {
        using var files = new DigitFiles().WithPart("train", 10);
        using var dataset = MnistDataset.Load(files.Folder, MnistPart.Training);

        Assert.Throws<ArgumentOutOfRangeException>("indices", () => dataset.GetBatch([0, index]));
        using var subset = new Subset(dataset, [.. Enumerable.Range(0, 10)]);
        Assert.Throws<ArgumentOutOfRangeException>("indices", () => subset.GetBatch([0, index]));
    }

    [Fact]
    public void A_subset_has_its_members_and_leaves_the_whole_alone()
    {
        using var files = new DigitFiles().WithPart("train", 10);
        using var dataset = MnistDataset.Load(files.Folder, MnistPart.Training);

        using (var subset = new Subset(dataset, [8, 3]))
        {
            using var part = subset.GetBatch([1, 0]);
            Assert.Equal(2, subset.Count);
            Assert.Equal([3L, 8], part.Labels.data<long>().ToArray());
        }

        using var batch = dataset.GetBatch([5]);
        Assert.Equal(5, batch.Labels[0].item<long>());
    }
}
