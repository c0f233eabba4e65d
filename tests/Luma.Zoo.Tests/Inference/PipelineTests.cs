using System.Threading.Channels;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Images;

namespace Luma.Zoo.Tests.Inference;

[Collection(nameof(Alone))]
public sealed class PipelineTests : IDisposable
{
    private static readonly string[] Names = ["rgb-420.jpg", "cmyk.jpg", "grey.png", "palette.png", "line.png", "rgb.webp", "rgb-alpha.png"];

    private readonly Sequence model;
    private readonly Classifier classifier;

    public PipelineTests()
    {
        manual_seed(1);
        model = new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) };
        classifier = new Classifier(model, new() { ResizeSize = [10], CropSize = [8] }, ["a", "b", "c", "d", "e", "f"]);
    }

    public void Dispose() => model.Dispose();

    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(1, 2, true)]
    [InlineData(3, 4, true)]
    [InlineData(3, 4, false)]
    public async Task Answers_do_not_depend_on_how_far_ahead_images_are_prepared(int ahead, int decoders, bool ordered)
    {
        var images = Enumerable.Range(0, 100).Select(i => i % 9 == 4 ? $"missing-{i}.png" : ImageGoldens.Sample(Names[i % Names.Length])).ToList();
        var expected = classifier.ClassifyMany(images.Select(path => (ImageSource)path), new BatchOptions { BatchSize = 8, Ahead = 0, Decoders = 1 }).ToList();

        var actual = new List<Classification>();
        await foreach (var result in classifier.ClassifyManyAsync(
            images.Select(path => (ImageSource)path), new BatchOptions { BatchSize = 8, Ahead = ahead, Decoders = decoders, IsOrdered = ordered }))
            actual.Add(result);

        Assert.Equal(Described(expected).Order(), Described(actual).Order());
        if (ordered) Assert.Equal(images, actual.Select(result => result.Name));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void No_more_is_read_ahead_than_is_asked_for(int ahead)
    {
        var read = 0;

        var first = classifier.ClassifyMany(Endless(), new BatchOptions { BatchSize = 4, Ahead = ahead }).Take(6).ToList();

        Assert.Equal(6, first.Count);
        Assert.InRange(read, 8, 4 * (2 + ahead));

        IEnumerable<ImageSource> Endless()
        {
            while (true)
            {
                read++;
                yield return ImageGoldens.Sample("rgb.png");
            }
        }
    }

    [Fact]
    public async Task What_is_decoded_is_answered_where_the_rest_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var taken = 0;
        var results = new List<Classification>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var result in classifier.ClassifyManyAsync(Images(), new BatchOptions { BatchSize = 4, Ahead = 1 }, cancellation.Token)) results.Add(result);
        });

        // A prefix of what was taken: in order, without a gap.
        Assert.InRange(results.Count, 1, taken);
        Assert.Equal(Enumerable.Range(0, results.Count).Select(i => ImageGoldens.Sample(Names[i % Names.Length])), results.Select(result => result.Name));
        Assert.All(results, result => Assert.Null(result.Error));

        IEnumerable<ImageSource> Images()
        {
            for (; taken < 1000; taken++)
            {
                if (taken == 30) cancellation.Cancel();
                yield return ImageGoldens.Sample(Names[taken % Names.Length]);
            }
        }
    }

    [Fact]
    public void What_the_sequence_throws_comes_after_what_stood_before_it()
    {
        var results = new List<Classification>();

        var error = Assert.Throws<InvalidDataException>(() =>
        {
            foreach (var result in classifier.ClassifyMany(Broken(), new BatchOptions { BatchSize = 3 })) results.Add(result);
        });

        Assert.Equal(("the list is cut off", 7), (error.Message, results.Count));

        static IEnumerable<ImageSource> Broken()
        {
            for (var i = 0; i < 7; i++) yield return ImageGoldens.Sample("rgb.png");
            throw new InvalidDataException("the list is cut off");
        }
    }

    [Fact]
    public async Task Whoever_stops_looking_leaves_nothing_behind()
    {
        await Once();
        var before = Count();
        for (var i = 0; i < 20; i++) await Once();

        // The threads end on their own.
        for (var i = 0; i < 100 && Count() > before; i++) await Task.Delay(20);
        Assert.InRange(Count(), 0, before);

        async Task Once()
        {
            var closed = new TaskCompletionSource();
            await foreach (var _ in classifier.ClassifyManyAsync(Images(closed), new BatchOptions { BatchSize = 2 })) break;
            await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }

        static IEnumerable<ImageSource> Images(TaskCompletionSource closed)
        {
            try
            {
                while (true) yield return ImageGoldens.Sample("rgb.png");
            }
            finally
            {
                closed.SetResult();
            }
        }

        static long Count()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }
    }

    [Fact]
    public async Task A_slow_image_holds_up_its_own_batch_alone_where_order_does_not_matter()
    {
        using var slow = new SlowStream(File.ReadAllBytes(ImageGoldens.Sample("rgb.png")));
        List<string?> names = [];

        await foreach (var result in classifier.ClassifyManyAsync(Images(), new BatchOptions { BatchSize = 1, Decoders = 2, Ahead = 3, IsOrdered = false }))
        {
            names.Add(result.Name);
            if (names.Count == 20) slow.Go();
        }

        Assert.Equal(21, names.Count);
        Assert.Equal("slow", names[^1]);

        IEnumerable<ImageSource> Images()
        {
            yield return ImageSource.FromStream(slow, "slow");
            for (var i = 0; i < 20; i++) yield return ImageGoldens.Sample("rgb.png");
        }
    }

    [Fact]
    public async Task Images_may_come_from_a_queue()
    {
        var queue = Channel.CreateBounded<ImageSource>(2);
        var filling = Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++) await queue.Writer.WriteAsync(ImageGoldens.Sample(Names[i % Names.Length]));
            queue.Writer.Complete();
        });

        var count = 0;
        await foreach (var result in classifier.ClassifyManyAsync(queue.Reader.ReadAllAsync(), new BatchOptions { BatchSize = 6 }))
        {
            Assert.Equal(ImageGoldens.Sample(Names[count++ % Names.Length]), result.Name);
            Assert.Null(result.Error);
        }
        await filling;

        Assert.Equal(40, count);
    }

    [Fact]
    public async Task A_queue_that_stays_empty_can_be_left()
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var queue = Channel.CreateUnbounded<ImageSource>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in classifier.ClassifyManyAsync(queue.Reader.ReadAllAsync(), cancellation: cancellation.Token)) { }
        });
        classifier.Dispose();
    }

    private static List<string> Described(IEnumerable<Classification> results) =>
        [.. results.Select(result => $"{result.Name}: {result.Error?.Message} {string.Join(", ", result.Predictions.Select(prediction => $"{prediction.Index} {prediction.Probability:r}"))}")];

    // Gives nothing until it is told to.
    private sealed class SlowStream(byte[] bytes) : MemoryStream(bytes)
    {
        private readonly ManualResetEventSlim go = new();

        public void Go() => go.Set();

        public override int Read(Span<byte> buffer)
        {
            go.Wait();
            return base.Read(buffer);
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            go.Wait();
            return base.Read(buffer, offset, count);
        }
    }
}
