using Luma.Zoo.Images;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Tests.Training;

[Collection(nameof(Alone))]
public sealed class DataLoaderTests : IDisposable
{
    internal static readonly ImagePreset Preset = new() { ResizeSize = [8], CropSize = [8] };

    private static readonly TrainingTransform Changes = new()
    {
        Images = [new RandomResizedCrop { Size = 8 }, new RandomHorizontalFlip()],
        Mixing = [new MixUp { Alpha = 0.4 }],
    };

    private readonly PictureFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Neither_threads_nor_the_place_of_the_start_nor_a_cache_change_a_batch()
    {
        using var split = Open(23);
        var options = new DataLoaderOptions { BatchSize = 4, Shuffle = true, Seed = 3, Transform = Changes, Workers = 1 };

        var expected = await Read(new(split.Training, Preset, options), epoch: 2);

        Assert.Equal([0, 1, 2, 3, 4, 5], expected.Select(batch => batch.Step));
        Assert.Equal(Enumerable.Range(0, 23), expected.SelectMany(batch => batch.Indices).Order());
        Assert.Equal(expected, await Read(new(split.Training, Preset, options with { Workers = 8, Prefetch = 5 }), epoch: 2), Same);
        Assert.Equal(expected.Skip(4), await Read(new(split.Training, Preset, options with { Workers = 8 }), epoch: 2, firstStep: 4), Same);
        Assert.NotEqual(expected, await Read(new(split.Training, Preset, options), epoch: 3), Same);
        Assert.NotEqual(expected, await Read(new(split.Training, Preset, options with { Seed = 4 }), epoch: 2), Same);

        // The first epoch fills the cache; a small one holds some.
        foreach (var bytes in (long[])[1 << 20, 12 * 10 * 4 * 5])
        {
            var cached = new DataLoader(split.Training, Preset, options with { CacheBytes = bytes });
            await Read(cached, epoch: 1);
            foreach (var file in Directory.GetFiles(data.Root, "*.png", SearchOption.AllDirectories)) if (bytes == 1 << 20) File.Move(file, file + ".gone");
            Assert.Equal(expected, await Read(cached, epoch: 2), Same);
            foreach (var file in Directory.GetFiles(data.Root, "*.gone", SearchOption.AllDirectories)) File.Move(file, file[..^5]);
        }
    }

    [Theory]
    [InlineData(24)]
    [InlineData(int.MaxValue)]
    public async Task A_batch_that_is_larger_than_the_data_has_all_of_them(int size)
    {
        using var split = Open(23);
        var loader = new DataLoader(split.Training, Preset, new DataLoaderOptions { BatchSize = size, DropLastImage = true });

        Assert.Equal(1, loader.Steps);
        Assert.Equal(Enumerable.Range(0, 23), Assert.Single(await Read(loader, epoch: 1)).Indices);
    }

    [Fact]
    public async Task Batches_are_what_the_preset_makes_in_the_order_of_the_data()
    {
        using var split = Open(5);
        using var scope = NewDisposeScope();

        var batches = await Read(new(split.Training, Preset, new DataLoaderOptions { BatchSize = 2 }), epoch: 1);

        Assert.Equal([[0, 1], [2, 3], [4]], batches.Select(batch => batch.Indices));
        for (var i = 0; i < 5; i++)
        {
            var expected = Preset.Apply(ImageDecoder.Decode(split.Training.Get(i).Image.Name!)).data<float>().ToArray();
            Assert.Equal(expected, batches[i / 2].Inputs.Skip(i % 2 * expected.Length).Take(expected.Length));
            Assert.Equal(split.Training.GetLabels(i)[0], batches[i / 2].Targets[i % 2]);
        }
    }

    [Theory]
    [InlineData(9, 4, true, 2)]
    [InlineData(9, 4, false, 3)]
    [InlineData(8, 4, true, 2)]
    [InlineData(1, 4, true, 1)]
    [InlineData(3, 1, true, 3)]
    public async Task A_last_image_alone_is_left_out_where_that_is_asked_for(int count, int size, bool drop, int steps)
    {
        using var bars = new Bars(count);
        var loader = new DataLoader(bars, Bars.Preset(), new DataLoaderOptions { BatchSize = size, DropLastImage = drop });

        Assert.Equal(steps, loader.Steps);
        Assert.Equal(steps, (await Read(loader, epoch: 1)).Count);
    }

    [Fact]
    public async Task Pictures_that_cannot_be_read_are_left_out_and_told_once()
    {
        using var split = Open(8);
        File.WriteAllText(split.Training.Get(1).Image.Name!, "no picture");
        File.Delete(split.Training.Get(6).Image.Name!);
        var options = new DataLoaderOptions { BatchSize = 3 };
        var loader = new DataLoader(split.Training, Preset, options);

        for (var epoch = 1; epoch <= 3; epoch++) Assert.Equal([[0, 2], [3, 4, 5], [7]], (await Read(loader, epoch)).Select(batch => batch.Indices));

        Assert.Equal([split.Training.Get(1).Image.Name, split.Training.Get(6).Image.Name], loader.Unreadable.Select(error => error.Name));
        Assert.EndsWith("there is no such file", loader.Unreadable[1].Message, StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ImageException>(() => Read(new(split.Training, Preset, options with { StopAtUnreadable = true }), epoch: 1));
        Assert.Equal(split.Training.Get(1).Image.Name, error.Name);
    }

    [Fact]
    public async Task A_batch_without_any_picture_is_left_out()
    {
        using var bars = new Bars(9) { Unreadable = [3, 4, 5, 7, 8] };

        Assert.Equal([[0, 1, 2], [6]], (await Read(new(bars, Bars.Preset(), new DataLoaderOptions { BatchSize = 3 }), epoch: 1)).Select(batch => batch.Indices));
        Assert.Equal([[0, 1, 2]], (await Read(new(bars, Bars.Preset(), new DataLoaderOptions { BatchSize = 3, DropLastImage = true }), epoch: 1)).Select(batch => batch.Indices));
    }

    [Theory]
    [InlineData("break")]
    [InlineData("cancel")]
    [InlineData("fail")]
    public async Task No_tensor_is_left_behind_however_the_reading_ends(string end)
    {
        using var bars = new Bars(60) { Unreadable = end == "fail" ? [21] : [50] };
        var loader = new DataLoader(bars, Bars.Preset(), new DataLoaderOptions
        {
            BatchSize = 5,
            Shuffle = false,
            Prefetch = 3,
            Transform = Changes with { Images = [] },
            StopAtUnreadable = end == "fail",
        });
        await Read(loader, epoch: 1, most: 1);
        long before;
        do
        {
            // What others left is finalised meanwhile.
            before = Tensor.TotalCount;
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        while (Tensor.TotalCount != before);
        using var cancellation = new CancellationTokenSource();

        var read = 0;
        async Task All()
        {
            await foreach (var (step, batch) in loader.ReadAsync(1, cancellation: cancellation.Token))
            {
                using (batch) read++;
                if (step < 2) continue;
                if (end == "break") break;
                if (end == "cancel") await cancellation.CancelAsync();
            }
        }

        if (end == "cancel") await Assert.ThrowsAnyAsync<OperationCanceledException>(All);
        else if (end == "fail") await Assert.ThrowsAsync<ImageException>(All);
        else await All();

        Assert.InRange(read, 3, 11);
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public async Task No_more_is_read_ahead_than_was_asked_for()
    {
        using var bars = new Bars(200);
        var loader = new DataLoader(bars, Bars.Preset(), new DataLoaderOptions { BatchSize = 4, Prefetch = 2, Workers = 4 });

        var taken = 0;
        await foreach (var (_, batch) in loader.ReadAsync(1))
        {
            batch.Dispose();
            taken += 4;
            await Task.Yield();
            // The batch that was taken, and those ahead of it.
            Assert.InRange(bars.Asked.Count, taken, taken + (3 * 4));
        }
        Assert.Equal(200, taken);
    }

    [Fact]
    public async Task Mixed_batches_have_mixed_targets()
    {
        using var bars = new Bars(8);
        var options = new DataLoaderOptions { BatchSize = 8, Seed = 5 };
        var plain = (await Read(new(bars, Bars.Preset(), options), epoch: 1))[0];
        var mixed = (await Read(new(bars, Bars.Preset(), options with { Transform = new TrainingTransform { Mixing = [new MixUp { Alpha = 1 }] } }), epoch: 1))[0];

        // The labels are 0 to 7: image i has its own share of class i and the rest of the class before.
        var share = mixed.Targets[0];
        Assert.InRange(share, 0.001f, 0.999f);
        for (var i = 0; i < 8; i++)
        {
            var before = (i + 7) % 8;
            for (var k = 0; k < 10; k++) Assert.Equal(k == i ? share : k == before ? 1 - share : 0, mixed.Targets[(i * 10) + k], 1e-6f);
            for (var p = 0; p < 256; p++) Assert.Equal((share * plain.Inputs[(i * 256) + p]) + ((1 - share) * plain.Inputs[(before * 256) + p]), mixed.Inputs[(i * 256) + p], 1e-5f);
        }
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        foreach (var (name, options) in ((string, DataLoaderOptions)[])
            [("BatchSize", new() { BatchSize = 0 }), ("Workers", new() { Workers = 0 }), ("Prefetch", new() { Prefetch = 0 }), ("CacheBytes", new() { CacheBytes = -1 })])
        {
            using var bars = new Bars(2);
            Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(() => new DataLoader(bars, Bars.Preset(), options)).ParamName);
        }
    }

    private DatasetSplit Open(int count)
    {
        data.With([.. Enumerable.Range(0, count).Select(i => $"train/{(i % 2 == 0 ? "a" : "b")}/{i}.png")]).With("val/a/x.png", "val/b/x.png");
        return Datasets.Open(data.Root);
    }

    internal sealed record ReadBatch(int Step, int[] Indices, float[] Inputs, float[] Targets);

    private static bool Same(ReadBatch one, ReadBatch other) =>
        one.Step == other.Step && one.Indices.SequenceEqual(other.Indices) && one.Inputs.SequenceEqual(other.Inputs) && one.Targets.SequenceEqual(other.Targets);

    private static async Task<List<ReadBatch>> Read(DataLoader loader, int epoch, int firstStep = 0, int most = int.MaxValue)
    {
        List<ReadBatch> batches = [];
        await foreach (var (step, batch) in loader.ReadAsync(epoch, firstStep))
        {
            using (batch)
            {
                using var scope = NewDisposeScope();
                batches.Add(new(step, [.. batch.Indices], batch.Inputs.data<float>().ToArray(), batch.Targets.to(ScalarType.Float32).contiguous().data<float>().ToArray()));
            }
            if (batches.Count == most) break;
        }
        return batches;
    }
}
