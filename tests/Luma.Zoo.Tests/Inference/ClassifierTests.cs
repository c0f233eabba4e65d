using System.Collections.Concurrent;
using System.Diagnostics;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Images;

namespace Luma.Zoo.Tests.Inference;

[Collection(nameof(Alone))]
public sealed class ClassifierTests : IDisposable
{
    private static readonly ImagePreset Preset = new() { ResizeSize = [10], CropSize = [8] };
    private static readonly string[] Good = ["rgb-420.jpg", "cmyk.jpg", "grey.png", "palette.png", "line.png", "rgb.webp", "rgb-alpha.png"];

    private readonly AllThreads threads = new();
    private readonly Sequence model;
    private readonly Classifier classifier;

    public ClassifierTests()
    {
        manual_seed(1);
        model = new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) };
        classifier = new Classifier(model, Preset, ["a", "b", "c", "d", "e", "f"]);
    }

    public void Dispose()
    {
        model.Dispose();
        threads.Dispose();
    }

    [Fact]
    public void The_predictions_are_the_softmax_of_the_model_in_order()
    {
        using var scope = NewDisposeScope();
        var expected = model.call(Preset.Apply(ImageDecoder.Decode(Sample("cmyk.jpg"))).unsqueeze(0)).softmax(1).data<float>().ToArray();

        var predictions = classifier.Classify(Sample("cmyk.jpg"), top: 6);

        Assert.Equal(expected.OrderDescending(), predictions.Select(prediction => prediction.Probability));
        Assert.All(predictions, prediction => Assert.Equal(expected[prediction.Index], prediction.Probability));
        Assert.All(predictions, prediction => Assert.Equal($"{"abcdef"[prediction.Index]}", prediction.Label));
    }

    [Fact]
    public void Of_several_classes_at_once_each_has_its_sigmoid()
    {
        using var scope = NewDisposeScope();
        using var several = new Classifier(model, Preset, classifier.Labels) { Task = ClassificationTask.MultiLabel };
        var expected = model.call(Preset.Apply(ImageDecoder.Decode(Sample("cmyk.jpg"))).unsqueeze(0)).sigmoid().data<float>().ToArray();

        var predictions = several.Classify(Sample("cmyk.jpg"), top: 6);

        Assert.Equal(expected.OrderDescending(), predictions.Select(prediction => prediction.Probability));
        Assert.All(predictions, prediction => Assert.Equal(expected[prediction.Index], prediction.Probability));
    }

    [Fact]
    public void The_engine_that_is_named_computes()
    {
        using var compiled = new Classifier(model, Preset, classifier.Labels, engine: new FixedEngine(6, Answer: 3)) { Compilation = ClassifierCompilation.Ahead };
        using var never = new Classifier(model, Preset, classifier.Labels, engine: new FixedEngine(6, Answer: 3));

        Assert.Equal("d", compiled.Classify(Sample("rgb.png"))[0].Label);
        Assert.Equal(classifier.Classify(Sample("rgb.png")), never.Classify(Sample("rgb.png")));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    [InlineData(100, 6)]
    public void Top_says_how_many_at_most(int top, int expected) => Assert.Equal(expected, classifier.Classify(Sample("rgb.png"), top).Count);

    [Fact]
    public async Task Every_way_in_gives_the_same_predictions()
    {
        var path = Sample("rgb-420.jpg");
        var bytes = await File.ReadAllBytesAsync(path);
        using var stream = new MemoryStream(bytes);
        var decoded = ImageDecoder.Decode(path);
        using var input = Preset.Apply(decoded);

        var expected = classifier.Classify(path);

        Assert.Equal(expected, classifier.Classify(bytes));
        Assert.Equal(expected, classifier.Classify(stream));
        Assert.Equal(expected, classifier.Classify(decoded));
        Assert.Equal(expected, classifier.ClassifyBatch(input).Single());
        Assert.Equal(expected, classifier.Classify(ImageSource.FromTensor(input)));
        Assert.Equal(expected, await classifier.ClassifyAsync(path));
        Assert.Equal(expected, await ((IImageClassifier)classifier).ClassifyAsync(path));
        Assert.Equal(expected, classifier.ClassifyMany([path]).Single().Predictions);
    }

    [Fact]
    public async Task A_bad_image_does_not_stop_the_others()
    {
        byte[] cut = File.ReadAllBytes(Sample("rgb.png"))[..2000];
        ImageSource[] images = [.. Good.Select(Source), ImageSource.FromBytes(cut, "cut"), "nowhere.jpg", .. Good.Select(Source)];
        foreach (var batchSize in new[] { 1, 2, 5, 64 })
        {
            var results = classifier.ClassifyMany(images, new BatchOptions { BatchSize = batchSize, Top = 2 }).ToList();

            Assert.Equal(images.Select(image => image.Name), results.Select(result => result.Name));
            Assert.Equal(["cut", "nowhere.jpg"], results.Where(result => result.Error is not null).Select(result => result.Error!.Name));
            foreach (var result in results)
            {
                if (result.Error is not null) Assert.Empty(result.Predictions);
                else AssertClose(classifier.Classify(result.Name!, 2), result.Predictions);
            }

            var again = new List<Classification>();
            await foreach (var result in classifier.ClassifyManyAsync(images, new BatchOptions { BatchSize = batchSize, Top = 2 })) again.Add(result);
            Assert.Equal(results.Select(result => result.Name), again.Select(result => result.Name));
            Assert.Equal(results.SelectMany(result => result.Predictions), again.SelectMany(result => result.Predictions));
        }
    }

    [Fact]
    public void A_batch_of_nothing_but_bad_images_gives_their_errors()
    {
        var results = classifier.ClassifyMany(["one.png", "two.png"]).ToList();

        Assert.Equal(["one.png: there is no such file", "two.png: there is no such file"], results.Select(result => result.Error!.Message));
        Assert.Empty(classifier.ClassifyMany([]));
    }

    [Fact]
    public void Many_threads_may_share_one_classifier()
    {
        var expected = Good.Select(file => classifier.Classify(Sample(file))).ToList();

        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(expected[i % Good.Length], classifier.Classify(Sample(Good[i % Good.Length]))));
    }

    [Fact]
    public void Memory_stays_flat_over_a_thousand_calls()
    {
        var images = Good.Select(file => File.ReadAllBytes(Sample(file))).ToList();
        Run(300);
        var (tensors, bytes) = Measure();

        Run(1000);

        var (tensorsAfter, bytesAfter) = Measure();
        Assert.Equal(tensors, tensorsAfter);
        Assert.InRange(bytesAfter - bytes, long.MinValue, 24L << 20);

        void Run(int calls)
        {
            for (var i = 0; i < calls; i += 10)
            {
                for (var one = 0; one < 9; one++) classifier.Classify(images[(i + one) % images.Count]);
                Assert.Equal(5, classifier.ClassifyMany(images.Take(5).Select(image => ImageSource.FromBytes(image))).Count());
            }
        }
    }

    [Fact]
    public void No_call_leaves_a_tensor_to_the_finaliser()
    {
        classifier.Classify(Sample("rgb.png"));
        var (before, _) = Measure();

        for (var i = 0; i < 20; i++) classifier.Classify(Sample("rgb.png"));

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void The_input_follows_the_type_of_the_model()
    {
        using var half = new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) };
        half.to(ScalarType.BFloat16);

        var predictions = new Classifier(half, Preset, classifier.Labels).Classify(Sample("rgb.png"), top: 6);

        Assert.Equal(1, predictions.Sum(prediction => prediction.Probability), 1e-5);
    }

    [Fact]
    public void The_model_is_in_evaluation_mode()
    {
        model.train();

        Assert.NotNull(new Classifier(model, Preset, ["a"]));

        Assert.All(model.modules(), module => Assert.False(module.training));
    }

    [Fact]
    public void A_model_that_was_set_to_training_in_between_is_in_evaluation_mode_again()
    {
        using var dropping = new Sequence { new Flatten(), new Dropout(0.5), new Dense(3 * 8 * 8, 6) };
        using var sharing = new Classifier(dropping, Preset, classifier.Labels);
        var expected = sharing.Classify(Sample("rgb.png"));

        dropping.train();

        Assert.Equal(expected, sharing.Classify(Sample("rgb.png")));
        dropping.train();
        Assert.Equal(expected, sharing.ClassifyMany([Sample("rgb.png")]).Single().Predictions);
    }

    [Fact, Trait("Category", "Slow")]
    public async Task Disposing_waits_for_the_calls_under_way_and_refuses_new_ones()
    {
        for (var round = 0; round < 20; round++)
        {
            var owner = new Classifier(new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) }, Preset, classifier.Labels, ownsModel: true);
            var callers = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                while (true)
                {
                    if (i % 2 == 0) Assert.NotEmpty(owner.Classify(Sample("rgb.png")));
                    else Assert.NotEmpty(await owner.ClassifyAsync(Sample("rgb.png")));
                }
            })).ToList();
            await Task.Delay(10);

            owner.Dispose();

            // Each caller ends with this one exception, and none with another.
            foreach (var caller in callers) await Assert.ThrowsAsync<ObjectDisposedException>(() => caller);
            Assert.Throws<ObjectDisposedException>(() => owner.ClassifyMany([Sample("rgb.png")]).ToList());
            owner.Dispose();
        }
    }

    /// <summary>Whatever the moment, a call gives the right answer, or says that it was cancelled or that the classifier is closed.</summary>
    [Fact, Trait("Category", "Slow")]
    public async Task Calls_of_every_kind_that_are_cancelled_left_and_closed_at_any_moment_are_right_or_say_why_not()
    {
        var image = File.ReadAllBytes(Sample("rgb-444.jpg"));
        var answers = 0;
        for (var round = 0; round < 10; round++)
        {
            var owner = new Classifier(new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) }, Preset, classifier.Labels, ownsModel: true);
            var expected = owner.Classify(image);
            var callers = Enumerable.Range(0, 12).Select(i => Task.Run(() => CallAsync(owner, expected, new Random((100 * round) + i), i % 4))).ToList();
            await Task.Delay(5 + (5 * round));

            // By several at once, each of whom may go on only once nobody is inside.
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(owner.Dispose)));

            await Task.WhenAll(callers).WaitAsync(TimeSpan.FromMinutes(1));
        }
        Assert.True(answers > 0);

        async Task CallAsync(Classifier owner, IReadOnlyList<Prediction> expected, Random random, int kind)
        {
            while (true)
            {
                using var cancellation = new CancellationTokenSource();
                if (random.Next(2) == 0) cancellation.CancelAfter(TimeSpan.FromMicroseconds(random.Next(3000)));
                var options = new BatchOptions { BatchSize = random.Next(1, 5), IsOrdered = random.Next(2) == 0 };
                var left = random.Next(1, 12);
                try
                {
                    switch (kind)
                    {
                        case 0: Check(owner.Classify(image)); break;
                        case 1: Check(await owner.ClassifyAsync(image, cancellation: cancellation.Token)); break;
                        case 2:
                            foreach (var result in owner.ClassifyMany(Enumerable.Repeat((ImageSource)image, 9), options, cancellation.Token))
                            {
                                Check(result.Predictions);
                                if (--left == 0) break;
                            }
                            break;
                        default:
                            await foreach (var result in owner.ClassifyManyAsync(Enumerable.Repeat((ImageSource)image, 9), options, cancellation.Token))
                            {
                                Check(result.Predictions);
                                if (--left == 0) break;
                            }
                            break;
                    }
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                }
                catch (ObjectDisposedException)
                {
                    return;
                }
            }

            void Check(IReadOnlyList<Prediction> predictions)
            {
                Assert.Equal(expected.Select(prediction => prediction.Label), predictions.Select(prediction => prediction.Label));
                Assert.All(expected.Zip(predictions), pair => Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-6f));
                Interlocked.Increment(ref answers);
            }
        }
    }

    [Fact]
    public async Task However_many_callers_there_are_no_more_passes_run_than_the_processors_hold()
    {
        using var network = new Sequence { new Flatten(), new Counting(), new Dense(3 * 8 * 8, 6) };
        var counting = (Counting)network[1];
        using var shared = new Classifier(network, Preset, classifier.Labels);
        var image = File.ReadAllBytes(Sample("rgb-444.jpg"));
        var expected = shared.Classify(image);

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => i % 2 == 0 ? shared.ClassifyAsync(image) : Task.Run(() => shared.Classify(image))));

        Assert.All(answers, predictions => Assert.Equal(expected, predictions));
        var most = Math.Max(1, Environment.ProcessorCount / get_num_threads());
        Assert.InRange(counting.Most, 1, most);
        // Each thread that computes has a set of libtorch's own.
        Assert.InRange(counting.Threads.Count, 1, most);
    }

    /// <summary>As in a service whose threads all wait for something: a call that is awaited must not wait for them in turn.</summary>
    [Fact]
    public async Task A_call_that_is_awaited_needs_no_thread_of_the_pool()
    {
        var image = File.ReadAllBytes(Sample("rgb-444.jpg"));
        var expected = classifier.Classify(image);
        using var release = new ManualResetEventSlim();
        var waiting = Enumerable.Range(0, 300).Select(_ => Task.Run(release.Wait)).ToArray();
        try
        {
            // On a thread of its own, which may block: the pool's do.
            IReadOnlyList<Prediction>[] answers = [];
            var caller = new Thread(() => answers =
            [
                .. Enumerable.Range(0, 8).Select(_ => classifier.ClassifyAsync(image)).ToList().Select(call => call.Wait(30_000) ? call.Result : []),
            ]);
            caller.Start();
            caller.Join();

            Assert.Equal(8, answers.Length);
            Assert.All(answers, predictions => Assert.Equal(expected, predictions));
        }
        finally
        {
            release.Set();
            await Task.WhenAll(waiting);
        }
    }

    [Fact]
    public void Labels_that_do_not_fit_the_model_are_told_so()
    {
        var other = new Classifier(model, Preset, ["a", "b"]);

        var error = Assert.Throws<InvalidOperationException>(() => other.Classify(Sample("rgb.png")));

        Assert.Equal("The model gives (1, 6), but there are 2 labels: expected (N, 2).", error.Message);
    }

    [Fact]
    public void Arguments_that_make_no_sense_are_refused()
    {
        using var pixels = zeros([3, 8, 8], ScalarType.Byte);

        Assert.Throws<ArgumentException>(() => new Classifier(model, Preset, []));
        Assert.Throws<ArgumentException>(() => new Classifier(model, Preset with { Channels = 2 }, ["a"]));
        Assert.Throws<ArgumentException>(() => classifier.ClassifyBatch(pixels));
        Assert.Throws<ArgumentOutOfRangeException>(() => classifier.Classify(Sample("rgb.png"), top: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOptions { BatchSize = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOptions { Top = 0 });
    }

    // What others left to the finaliser must not go away between two measurements.
    private static (long Tensors, long Bytes) Measure()
    {
        long tensors;
        do
        {
            tensors = Tensor.TotalCount;
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        while (Tensor.TotalCount != tensors);
        using var process = Process.GetCurrentProcess();
        return (tensors, process.WorkingSet64);
    }

    private static string Sample(string name) => ImageGoldens.Sample(name);

    private static ImageSource Source(string name) => Sample(name);

    // A matrix product may add up in another order for another batch size.
    private static void AssertClose(IReadOnlyList<Prediction> expected, IReadOnlyList<Prediction> actual)
    {
        Assert.Equal(expected.Select(prediction => prediction.Index), actual.Select(prediction => prediction.Index));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-6f));
    }

    /// <summary>Hands its input through, slowly enough for passes to meet, and remembers how many met and which threads they ran on.</summary>
    private sealed class Counting() : Block(nameof(Counting))
    {
        private int now, most;

        public int Most => most;

        public ConcurrentDictionary<int, bool> Threads { get; } = [];

        protected override Tensor Compute(Tensor input)
        {
            Threads.TryAdd(Environment.CurrentManagedThreadId, true);
            var together = Interlocked.Increment(ref now);
            int seen;
            while (together > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, together, seen) != seen)
            {
            }
            Thread.Sleep(2);
            Interlocked.Decrement(ref now);
            return Ops.Identity(input);
        }
    }
}
