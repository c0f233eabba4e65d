using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Images;

namespace Luma.Zoo.Tests.Inference;

[Collection(nameof(Alone))]
public sealed class ClassifyOptionsTests : IDisposable
{
    private static readonly ImagePreset Preset = new() { ResizeSize = [10], CropSize = [8] };
    private static readonly string[] Labels = ["a", "b", "c", "d", "e", "f"];
    private static readonly string Sample = ImageGoldens.Sample("rgb.png");

    private readonly Sequence model;
    private readonly float[] logits;

    public ClassifyOptionsTests()
    {
        manual_seed(1);
        model = new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) };
        using var scope = NewDisposeScope();
        logits = model.call(Preset.Apply(ImageDecoder.Decode(Sample)).unsqueeze(0)).data<float>().ToArray();
    }

    public void Dispose() => model.Dispose();

    /// <summary>The definitions, in double precision.</summary>
    [Theory]
    [InlineData(ClassificationTask.SingleLabel, 1)]
    [InlineData(ClassificationTask.SingleLabel, 2.5f)]
    [InlineData(ClassificationTask.MultiLabel, 1)]
    [InlineData(ClassificationTask.MultiLabel, 0.25f)]
    public void Scores_are_as_the_task_and_the_temperature_say(ClassificationTask task, float temperature)
    {
        using var classifier = new Classifier(model, Preset, Labels) { Task = task };
        var options = new ClassifyOptions { Top = 6, Temperature = temperature };
        double[] scaled = [.. logits.Select(logit => (double)logit / temperature)];
        double[] expected = task == ClassificationTask.MultiLabel
            ? [.. scaled.Select(logit => 1 / (1 + Math.Exp(-logit)))]
            : [.. scaled.Select(logit => Math.Exp(logit) / scaled.Sum(Math.Exp))];

        var probabilities = classifier.Classify(Sample, options);
        var outputs = classifier.Classify(Sample, options with { Scores = ScoreKind.Logits });

        Assert.All(probabilities, prediction => Assert.Equal(expected[prediction.Index], prediction.Probability, 1e-6));
        Assert.All(outputs, prediction => Assert.Equal(scaled[prediction.Index], prediction.Probability, 1e-5));
        Assert.Equal(expected.OrderDescending().Select(value => Array.IndexOf(expected, value)), probabilities.Select(prediction => prediction.Index));
    }

    [Fact]
    public async Task A_threshold_leaves_out_what_is_below_it()
    {
        using var classifier = new Classifier(model, Preset, Labels);
        var all = classifier.Classify(Sample, top: 6);
        var options = new BatchOptions { Top = 6, Threshold = all[2].Probability };

        Assert.Equal(all.Take(3), classifier.Classify(Sample, options));
        Assert.Equal(all.Take(3), await classifier.ClassifyAsync(Sample, options));
        Assert.Equal(all.Take(3), classifier.ClassifyMany([Sample], options).Single().Predictions);
        Assert.Empty(classifier.Classify(Sample, new ClassifyOptions { Threshold = 2 }));
    }

    [Fact]
    public void What_is_no_number_is_never_left_out()
    {
        using var broken = new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) };
        using (no_grad()) broken.parameters().Last().fill_(float.NaN);
        using var classifier = new Classifier(broken, Preset, Labels);

        Assert.Equal(5, classifier.Classify(Sample, new ClassifyOptions { Threshold = 0.5f }).Count);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassifyOptions { Top = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassifyOptions { Threshold = float.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassifyOptions { Temperature = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassifyOptions { Temperature = float.PositiveInfinity });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassifyOptions { Scores = (ScoreKind)9 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new GatherOptions { MaxBatch = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new GatherOptions { MaxDelay = TimeSpan.FromHours(1) });
    }

    [Fact]
    public void A_tensor_of_another_shape_is_refused_by_its_name()
    {
        using var classifier = new Classifier(model, Preset, Labels);
        using var input = zeros(3, 9, 8);

        var error = Assert.Throws<ImageException>(() => classifier.Classify(ImageSource.FromTensor(input, "x")));

        Assert.Equal("x: the tensor is (3, 9, 8), but the network's input (3, 8, 8)", error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public async Task Gathered_calls_get_the_answers_of_single_ones(int delay)
    {
        var sizes = new Sizes();
        using var network = new Sequence { new Flatten(), sizes, new Dense(3 * 8 * 8, 6) };
        using var alone = new Classifier(network, Preset, Labels);
        var expected = alone.Classify(Sample);
        var before = Tensor.TotalCount;
        using (var together = new Classifier(network, Preset, Labels) { Gathering = new() { MaxBatch = 4, MaxDelay = TimeSpan.FromMilliseconds(delay) } })
        {
            var bad = together.ClassifyAsync("nowhere.png");
            var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => i % 2 == 0 ? together.ClassifyAsync(Sample) : Task.Run(() => together.Classify(Sample))));

            await Assert.ThrowsAsync<ImageException>(() => bad);
            Assert.All(answers, answer => Assert.All(expected.Zip(answer), pair =>
            {
                Assert.Equal(pair.First.Index, pair.Second.Index);
                Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-6f);
            }));
            Assert.InRange(sizes.Most, 2, 4);
            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => together.ClassifyAsync(Sample, cancellation: cancelled.Token));
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public async Task A_gathered_call_that_waits_for_its_batch_hears_at_once_that_it_is_cancelled()
    {
        using var gate = new Gate();
        using var network = new Sequence { new Flatten(), gate, new Dense(3 * 8 * 8, 6) };
        var classifier = new Classifier(network, Preset, Labels) { Gathering = new() };
        // A picture would wait to be decoded while a pass takes all processors.
        using var pixels = zeros(3, 8, 8);
        var input = ImageSource.FromTensor(pixels);
        var before = Tensor.TotalCount;
        using var cancelled = new CancellationTokenSource();
        var computing = classifier.ClassifyAsync(input);
        await gate.Entered.WaitAsync();

        var waiting = Enumerable.Range(0, 3).Select(_ => classifier.ClassifyAsync(input, cancellation: cancelled.Token)).ToList();
        await Task.Delay(50);
        await cancelled.CancelAsync();
        foreach (var call in waiting) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.False(computing.IsCompleted);
        gate.Open.Set();
        Assert.Equal(5, (await computing).Count);
        Assert.Equal(5, (await classifier.ClassifyAsync(input)).Count);
        Assert.Equal(2, gate.Passes);
        classifier.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public async Task A_network_that_does_not_fit_is_told_to_each_caller_of_a_gathered_batch()
    {
        using var classifier = new Classifier(model, Preset, ["a"]) { Gathering = new() };

        var calls = Enumerable.Range(0, 10).Select(_ => classifier.ClassifyAsync(Sample)).ToList();

        foreach (var call in calls) await Assert.ThrowsAsync<InvalidOperationException>(() => call);
    }

    [Fact]
    public async Task Closing_waits_for_gathered_calls()
    {
        var owner = new Classifier(new Sequence { new Flatten(), new Dense(3 * 8 * 8, 6) }, Preset, Labels, ownsModel: true) { Gathering = new() };
        var calls = Enumerable.Range(0, 30).Select(_ => owner.ClassifyAsync(Sample)).ToList();

        owner.Dispose();

        Assert.All(calls, call => Assert.True(call.IsCompleted || call.Wait(30_000)));
        Assert.All(calls, call => Assert.Equal(5, call.Result.Count));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => owner.ClassifyAsync(Sample));
    }

    /// <summary>Notes the largest batch, slowly enough for calls to meet.</summary>
    private sealed class Sizes() : Block(nameof(Sizes))
    {
        public long Most { get; private set; }

        protected override Tensor Compute(Tensor input)
        {
            Most = Math.Max(Most, input.size(0));
            Thread.Sleep(5);
            return Ops.Identity(input);
        }
    }

    /// <summary>Computes nothing until it is opened.</summary>
    private sealed class Gate() : Block(nameof(Gate))
    {
        public SemaphoreSlim Entered { get; } = new(0);

        public ManualResetEventSlim Open { get; } = new();

        public int Passes { get; private set; }

        protected override Tensor Compute(Tensor input)
        {
            Passes++;
            Entered.Release();
            Open.Wait();
            return Ops.Identity(input);
        }
    }
}
