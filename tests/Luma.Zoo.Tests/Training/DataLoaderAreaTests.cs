using System.Runtime.InteropServices;
using Luma.Zoo.Images;
using Luma.Zoo.ImageSharp;
using Luma.Zoo.Tests.Images;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Tests.Training;

/// <summary>Where no image is kept, the loader decodes only what is needed of each; the batches are the same.</summary>
public class DataLoaderAreaTests
{
    private static readonly Dictionary<string, TrainingTransform?> Transforms = new()
    {
        ["none"] = null,
        ["crop"] = new() { Images = [new RandomResizedCrop { Size = new(20, 31), Interpolation = Interpolation.Bicubic }, new RandomHorizontalFlip()] },
        ["nearest"] = new() { Images = [new RandomResizedCrop { Size = 17, Interpolation = Interpolation.Nearest }] },
        // The window has the size of the result now and then.
        ["same size"] = new() { Images = [new RandomResizedCrop { Size = 1, Scale = (1e-6, 1e-3) }] },
        ["crop and erasing"] = new() { Images = [new RandomResizedCrop { Size = new(20, 31) }, new ColorJitter { Brightness = (0.5, 1.5) }], Inputs = [new RandomErasing { Probability = 1 }] },
        ["crop later"] = new() { Images = [new RandomHorizontalFlip(), new RandomResizedCrop { Size = new(20, 31) }] },
    };

    public static TheoryData<string> TransformNames => [.. Transforms.Keys];

    [Theory]
    [MemberData(nameof(TransformNames))]
    public async Task Batches_are_the_same_whether_or_not_whole_images_are_kept(string name)
    {
        var (whole, part) = (Loader(name, 1L << 40), Loader(name, 0));

        for (var epoch = 1; epoch <= 2; epoch++)
        {
            var (expected, actual) = (await Read(whole, epoch), await Read(part, epoch));

            Assert.NotEmpty(expected);
            Assert.Equal(expected.Select(entry => entry.Key), actual.Select(entry => entry.Key));
            foreach (var (index, floats) in expected)
                Assert.True(floats.AsSpan().SequenceEqual(actual[index]), $"{Pictures.All[index].File} in epoch {epoch}");
        }
        Assert.NotEmpty(whole.Unreadable);
        Assert.Equal(whole.Unreadable.Select(error => error.Message), part.Unreadable.Select(error => error.Message));
    }

    private static DataLoader Loader(string name, long cacheBytes) => new(
        new PictureDataset(), new ImagePreset { ResizeSize = [24], CropSize = [20, 31] },
        new() { BatchSize = 8, Transform = Transforms[name], CacheBytes = cacheBytes, Decoding = new() { Formats = ImageSharpFormats.All } });

    private static async Task<SortedDictionary<int, byte[]>> Read(DataLoader loader, int epoch)
    {
        var read = new SortedDictionary<int, byte[]>();
        await foreach (var (_, batch) in loader.ReadAsync(epoch))
        {
            using (batch)
            {
                for (var place = 0; place < batch.Count; place++)
                {
                    using var input = batch.Inputs[place];
                    read.Add(batch.Indices[place], MemoryMarshal.AsBytes(input.data<float>().ToArray().AsSpan()).ToArray());
                }
            }
        }
        return read;
    }

    /// <summary>Pictures of all kinds, damaged ones too.</summary>
    private sealed class PictureDataset : IDataset
    {
        public int Count => Pictures.All.Count;

        public IReadOnlyList<string> Classes { get; } = ["even", "odd"];

        public LabelledImage Get(int index) => new(ImageSource.FromBytes(Pictures.All[index].Bytes), index % 2);
    }
}
