using System.Diagnostics;
using System.Threading.Channels;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Images;

namespace Luma.Zoo.Tests.Inference;

[Collection(nameof(Alone))]
public sealed class PipelineTests : IDisposable
{
    private static readonly ImagePreset Preset = new() { ResizeSize = [10], CropSize = [8] };
    private static readonly string[] Names = ["rgb-420.jpg", "cmyk.jpg", "grey.png", "palette.png", "line.png", "rgb.webp", "rgb-alpha.png"];
    private static readonly byte[][] Files = [.. Names.Select(name => File.ReadAllBytes(ImageGoldens.Sample(name)))];

    private readonly AllThreads threads = new();
    private readonly Gate gate = new();
    private readonly Sequence model;
    private readonly Classifier classifier;

    public PipelineTests()
    {
        manual_seed(1);
        model = new Sequence { new Flatten(), gate, new Dense(3 * 8 * 8, 6) };
        classifier = new Classifier(model, Preset, ["a", "b", "c", "d", "e", "f"]);
    }

    public void Dispose()
    {
        classifier.Dispose();
        model.Dispose();
        threads.Dispose();
    }

    public static TheoryData<bool> Ways => [false, true];

    /// <summary>The batches are those that ClassifyBatch is given here: the first four, the next four, and so on.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(4, true)]
    [InlineData(4, false)]
    [InlineData(64, false)]
    public async Task Answers_are_those_of_the_batches_to_the_bit_in_whatever_order_they_come(int batchSize, bool ordered)
    {
        var images = Images(50).ToList();
        var expected = images.Chunk(batchSize).SelectMany(chunk =>
        {
            using var scope = NewDisposeScope();
            return classifier.ClassifyBatch(stack(chunk.Select(image => Preset.Apply(ImageDecoder.Decode(image)))));
        }).ToList();

        var results = await All(classifier.ClassifyManyAsync(
            images.Select((image, i) => new ImageItem($"key {i}", image)), new BatchOptions { BatchSize = batchSize, IsOrdered = ordered }));

        Assert.Equal(50, results.Count);
        if (ordered) Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), results.Select(result => result.Index));
        Assert.All(results.OrderBy(result => result.Index).Index(), entry =>
        {
            Assert.Equal(((long)entry.Index, $"key {entry.Index}"), (entry.Item.Index, (string)entry.Item.Key!));
            Assert.Equal(expected[entry.Index], entry.Item.Predictions);
        });
    }

    [Fact]
    public async Task Unordered_results_do_not_wait_for_a_slow_image()
    {
        using var slow = new SlowStream(Files[0]);
        var images = Images(11).Prepend(ImageSource.FromStream(slow));
        var options = new BatchOptions { BatchSize = 4, IsOrdered = false };

        await using var results = classifier.ClassifyManyAsync(images, options).GetAsyncEnumerator();
        var early = new List<long>();
        for (var i = 0; i < 8; i++)
        {
            Assert.True(await results.MoveNextAsync());
            early.Add(results.Current.Index);
        }
        slow.Release();
        Assert.True(await results.MoveNextAsync());

        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], early.Order());
        Assert.Equal(0, results.Current.Index);
    }

    /// <summary>The network waits until more images have been read than are computed: a pipeline that does not overlap would wait for ever.</summary>
    [Fact]
    public async Task Images_are_read_while_the_network_computes()
    {
        gate.Close();
        using var signal = new SignalStream(Files[0]);
        var images = Images(4).Append(ImageSource.FromStream(signal)).Concat(Images(7));

        var results = All(classifier.ClassifyManyAsync(images, new BatchOptions { BatchSize = 4 }));
        await signal.WasRead;
        gate.Open();

        Assert.Equal(12, (await results).Count);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task A_source_is_not_asked_for_more_than_is_taken_and_a_few_batches(bool async)
    {
        var asked = 0;
        var progress = new Recorder();
        var options = new BatchOptions { BatchSize = 4, Progress = progress };
        var mostPasses = Math.Max(1, Environment.ProcessorCount / get_num_threads());
        var taken = 0;

        await foreach (var _ in Run(Endless(() => asked++), options, async))
        {
            taken++;
            Assert.InRange(asked, taken, taken + (4 * (mostPasses + 3)));
            if (taken == 1000) break;
        }
        Assert.Equal(Enumerable.Range(1, 250).Select(i => 4L * i), progress.Values);

        // By another count: nobody waits for the image that the first source was asked for last.
        var askedOfNarrow = 0;
        var narrow = options with { MaxBytesInFlight = 1 };
        await foreach (var _ in Run(Endless(() => askedOfNarrow++), narrow, async)) break;
        Assert.Equal(4, askedOfNarrow);

        static IEnumerable<ImageSource> Endless(Func<int> ask)
        {
            while (true) yield return Files[ask() % Files.Length];
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Cancelling_finishes_what_has_begun_and_gives_it(bool async)
    {
        using var cancellation = new CancellationTokenSource();
        var asked = 0;
        var results = new List<Classification>();

        var error = await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var result in Run(Counted(), new BatchOptions { BatchSize = 5 }, async, cancellation.Token))
            {
                results.Add(result);
                if (results.Count == 7) await cancellation.CancelAsync();
            }
        });

        Assert.Equal(cancellation.Token, error.CancellationToken);
        Assert.InRange(asked, 10, 60);
        // One that is asked for elsewhere just then is not waited for.
        Assert.InRange(asked - results.Count, 0, async ? 1 : 0);
        Assert.Equal(Enumerable.Range(0, results.Count).Select(i => (long)i), results.Select(result => result.Index));
        Assert.All(results, result => Assert.Equal(5, result.Predictions.Count));
        asked = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await All(Run(Counted(), new BatchOptions(), async, cancellation.Token)));
        Assert.Equal(0, asked);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => classifier.ClassifyAsync(Files[0], cancellation: cancellation.Token));

        IEnumerable<ImageSource> Counted()
        {
            foreach (var image in Images(1000))
            {
                asked++;
                yield return image;
            }
        }
    }

    [Fact]
    public async Task Cancelling_does_not_wait_for_a_source_that_hears_of_it()
    {
        using var cancellation = new CancellationTokenSource();
        var channel = Channel.CreateUnbounded<ImageSource>();
        foreach (var image in Images(3)) channel.Writer.TryWrite(image);

        var results = new List<Classification>();
        var running = Task.Run(async () =>
        {
            await foreach (var result in classifier.ClassifyManyAsync(channel.Reader.ReadAllAsync(), cancellation: cancellation.Token)) results.Add(result);
        });
        while (channel.Reader.Count > 0) await Task.Delay(1);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(3, results.Count);
    }

    /// <summary>As a list that is read from a pipe.</summary>
    [Fact]
    public async Task Results_do_not_wait_for_a_sequence_that_blocks_and_it_can_be_left()
    {
        using var asked = new ManualResetEventSlim();
        using var blocking = new ManualResetEventSlim();
        using var disposed = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var results = classifier.ClassifyManyAsync(Blocking(), new BatchOptions { BatchSize = 4 }, cancellation.Token).GetAsyncEnumerator();
        for (var i = 0; i < 4; i++) Assert.True(await results.MoveNextAsync());
        var next = results.MoveNextAsync().AsTask();
        Assert.True(asked.Wait(30_000));

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.False(disposed.IsSet);

        blocking.Set();
        Assert.True(disposed.Wait(30_000));

        IEnumerable<ImageSource> Blocking()
        {
            try
            {
                foreach (var image in Images(4)) yield return image;
                asked.Set();
                blocking.Wait();
                yield return Files[0];
            }
            finally
            {
                disposed.Set();
            }
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task What_the_source_throws_comes_after_what_was_before_it(bool async)
    {
        var results = new List<Classification>();
        var ended = false;

        var error = await Assert.ThrowsAsync<NotSupportedException>(async () =>
        {
            await foreach (var result in Run(Failing(), new BatchOptions { BatchSize = 4 }, async)) results.Add(result);
        });

        Assert.Equal("no more", error.Message);
        Assert.True(ended);
        Assert.Equal(6, results.Count);
        await Assert.ThrowsAsync<ArgumentException>(async () => await All(Run([Files[0], null!], new BatchOptions(), async)));

        IEnumerable<ImageSource> Failing()
        {
            try
            {
                foreach (var image in Images(6)) yield return image;
                throw new NotSupportedException("no more");
            }
            finally
            {
                ended = true;
            }
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Stopping_early_leaves_no_tensor_and_disposes_of_the_source(bool async)
    {
        await All(Run(Images(20), new BatchOptions(), async));

        await AssertLeavesNoTensor(async () =>
        {
            var disposed = 0;
            foreach (var size in new[] { 1, 3, 16 })
            {
                for (var take = 0; take < 20; take++)
                {
                    var left = take;
                    await foreach (var _ in Run(Watched(), new BatchOptions { BatchSize = size, IsOrdered = take % 2 == 0 }, async))
                    {
                        if (left-- == 0) break;
                    }
                }
            }
            // A sequence that was being asked when it was left is disposed of a moment later.
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref disposed) == 60, TimeSpan.FromSeconds(30)), $"{disposed} of 60 were disposed of");

            IEnumerable<ImageSource> Watched()
            {
                try
                {
                    foreach (var image in Images(100)) yield return image;
                }
                finally
                {
                    Interlocked.Increment(ref disposed);
                }
            }
        });
        // Nothing is held: closing need not wait for anybody.
        classifier.Dispose();
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task A_classifier_that_is_closed_in_between_says_so_and_does_not_wait(bool async)
    {
        var owner = new Classifier(new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) }, Preset, classifier.Labels, ownsModel: true);
        var before = CountTensors();
        var count = 0;

        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            var results = async
                ? owner.ClassifyManyAsync(Images(100), new BatchOptions { BatchSize = 4 })
                : owner.ClassifyMany(Images(100), new BatchOptions { BatchSize = 4 }).ToAsyncEnumerable();
            await foreach (var _ in results)
            {
                if (++count == 2) owner.Dispose();
            }
        });

        Assert.InRange(count, 2, 60);
        Assert.InRange(CountTensors(), 0, before);
    }

    [Fact]
    public async Task A_network_that_does_not_fit_is_told_once()
    {
        using var other = new Classifier(model, Preset, ["a", "b"]);

        await AssertLeavesNoTensor(async () =>
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await All(other.ClassifyManyAsync(Images(40))));
            Assert.Equal("The model gives (16, 6), but there are 2 labels: expected (N, 2).", error.Message);
        });
    }

    [Fact]
    public async Task Images_need_not_wait_for_others_longer_than_said()
    {
        var channel = Channel.CreateUnbounded<ImageSource>();
        var options = new BatchOptions { BatchSize = 16, MaxDelay = TimeSpan.FromMilliseconds(5) };
        await using var results = classifier.ClassifyManyAsync(channel.Reader.ReadAllAsync(), options).GetAsyncEnumerator();

        // Whoever sends the next image when he has the answer to the last would wait for ever otherwise.
        for (var i = 0; i < 3; i++)
        {
            channel.Writer.TryWrite(Files[i]);
            Assert.True(await results.MoveNextAsync());
            Assert.Equal(classifier.Classify(Files[i]), results.Current.Predictions);
        }
        channel.Writer.Complete();

        Assert.False(await results.MoveNextAsync());
    }

    [Fact]
    public async Task Memory_stays_flat_over_thousands_of_images()
    {
        await All(Run(Images(1000), new BatchOptions(), async: true));
        var bytes = Process.GetCurrentProcess().WorkingSet64;

        await AssertLeavesNoTensor(async () =>
        {
            await foreach (var _ in Run(Images(3000), new BatchOptions(), async: true))
            {
            }
            foreach (var _ in classifier.ClassifyMany(Images(2000), new BatchOptions { IsOrdered = false }))
            {
            }
        });

        Assert.InRange(Process.GetCurrentProcess().WorkingSet64 - bytes, long.MinValue, 48L << 20);
    }

    /// <summary>As in a service whose threads all wait for something.</summary>
    [Fact]
    public async Task Many_images_need_no_thread_of_the_pool()
    {
        using var release = new ManualResetEventSlim();
        var waiting = Enumerable.Range(0, 300).Select(_ => Task.Run(release.Wait)).ToArray();
        try
        {
            var count = 0;
            var caller = new Thread(() => count = classifier.ClassifyMany(Images(40)).Count());
            caller.Start();
            caller.Join();

            Assert.Equal(40, count);
        }
        finally
        {
            release.Set();
            await Task.WhenAll(waiting);
        }
    }

    [Fact]
    public void A_caller_who_keeps_a_scope_keeps_no_tensor_of_ours()
    {
        using var scope = NewDisposeScope();
        var count = classifier.ClassifyMany(Images(40)).Count();

        Assert.Equal((40, 0), (count, scope.DisposablesCount));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOptions { MaxBytesInFlight = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOptions { Decoders = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOptions { MaxDelay = TimeSpan.FromSeconds(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOptions { MaxDelay = TimeSpan.MaxValue });
    }

    private static IEnumerable<ImageSource> Images(int count) => Enumerable.Range(0, count).Select(i => (ImageSource)Files[i % Files.Length]);

    private IAsyncEnumerable<Classification> Run(
        IEnumerable<ImageSource> images, BatchOptions options, bool async, CancellationToken cancellation = default) =>
        async ? classifier.ClassifyManyAsync(images, options, cancellation) : classifier.ClassifyMany(images, options, cancellation).ToAsyncEnumerable();

    private static async Task<List<Classification>> All(IAsyncEnumerable<Classification> results) => await results.ToListAsync();

    // The count is the process's: what an earlier test left running may still let go of a tensor meanwhile, but not each time, while what
    // leaves one does so again.
    private static async Task AssertLeavesNoTensor(Func<Task> run)
    {
        List<long> counts = [CountTensors()];
        do
        {
            await run();
            counts.Add(CountTensors());
        }
        while (counts[^1] != counts[^2] && counts.Count < 5);
        Assert.True(counts[^1] == counts[^2], $"Tensors before, and after each run: {string.Join(", ", counts)}");
    }

    // What others left to the finaliser must not go away between two measurements.
    private static long CountTensors()
    {
        long tensors;
        do
        {
            tensors = Tensor.TotalCount;
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        while (Tensor.TotalCount != tensors);
        return tensors;
    }

    private sealed class Recorder : IProgress<long>
    {
        public List<long> Values { get; } = [];

        public void Report(long value) => Values.Add(value);
    }

    /// <summary>Hands its input through, when it is open.</summary>
    private sealed class Gate() : Block(nameof(Gate))
    {
        private readonly ManualResetEventSlim open = new(initialState: true);

        public void Open() => open.Set();

        public void Close() => open.Reset();

        protected override Tensor Compute(Tensor input)
        {
            open.Wait();
            return Ops.Identity(input);
        }

        protected override void Dispose(bool disposing)
        {
            open.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Is not read before it is released.</summary>
    private sealed class SlowStream(byte[] bytes) : MemoryStream(bytes)
    {
        private readonly ManualResetEventSlim released = new();

        public void Release() => released.Set();

        public override int Read(Span<byte> buffer)
        {
            released.Wait();
            return base.Read(buffer);
        }
    }

    /// <summary>Tells when it is read.</summary>
    private sealed class SignalStream(byte[] bytes) : MemoryStream(bytes)
    {
        private readonly TaskCompletionSource read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task WasRead => read.Task;

        public override int Read(Span<byte> buffer)
        {
            read.TrySetResult();
            return base.Read(buffer);
        }
    }
}
