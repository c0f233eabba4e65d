using System.Text.Json;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;
using Microsoft.Extensions.Logging;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Saved => folder.File("saved");

    public void Dispose() => folder.Dispose();

    private static readonly Dictionary<string, TrainingOptions> Recipes = new()
    {
        ["momentum"] = Quick,
        ["nesterov"] = Quick with { Optimizer = new Optimizer.Sgd { LearningRate = 0.02, Momentum = 0.8, Nesterov = true, WeightDecay = 0.01 }, Warmup = new(1) },
        ["adam"] = Quick with { Optimizer = new Optimizer.Adam { WeightDecay = 0.01 } },
        ["adamw"] = Quick with { Optimizer = new Optimizer.Adam { Decoupled = true, WeightDecay = 0.1 }, DecayNormsAndBiases = false, LayerDecay = 0.7, ClipNorm = 1 },
        ["rmsprop"] = Quick with { Optimizer = new Optimizer.RmsProp { LearningRate = 0.001, Momentum = 0.9 } },
        ["rmsprop alone"] = Quick with { Optimizer = new Optimizer.RmsProp { LearningRate = 0.001 } },
        ["average"] = Quick with { Average = new(0.9, Every: 2) },
        ["accumulate"] = Quick with { BatchSize = 6, Accumulate = 3, Optimizer = new Optimizer.Adam(), Average = new(0.9) },
        ["mixing"] = Quick with { Transform = new TrainingTransform { Inputs = [new DigitDistortion()], Mixing = [new MixUp(), new CutMix()] }, Loss = new TrainingLoss.CrossEntropy { LabelSmoothing = 0.1 } },
        ["unfreezing"] = Quick with { Freeze = ["body"], Unfreeze = [new(2, "middle"), new(3, "body")], Optimizer = new Optimizer.Adam() },
        ["features"] = Quick with { Freeze = ["body"] },
        ["mixed"] = Quick with { Precision = TrainingPrecision.BFloat16 },
        ["own"] = Quick with { Optimizer = new OwnAdamax { LearningRate = 0.002 } },
    };

    public static TheoryData<string, bool> Stops
    {
        get
        {
            var stops = new TheoryData<string, bool>();
            foreach (var name in Recipes.Keys)
            {
                stops.Add(name, false);
                stops.Add(name, true);
            }
            return stops;
        }
    }

    [Theory, Trait("Category", "Slow")]
    [MemberData(nameof(Stops))]
    public async Task A_training_that_is_stopped_at_any_step_ends_with_the_same_weights(string name, bool crashes)
    {
        var options = Recipes[name];
        var (expected, record) = await Run(options, null);
        var random = new Random(name.Length + (crashes ? 100 : 0));

        for (var stop = 0; stop < 8; stop++)
        {
            // Where it crashes nothing is saved at the stop: it goes on from one of the last steps.
            using var cancellation = new CancellationTokenSource();
            var left = random.Next(1, 4);
            try
            {
                await Run(options, new CheckpointOptions(Saved) { Resume = true, EverySteps = 2, Keep = 2 }, () =>
                {
                    if (--left > 0) return;
                    if (crashes) throw new TimeoutException("pulled the plug");
                    cancellation.Cancel();
                }, cancellation: cancellation.Token);
            }
            catch (TimeoutException)
            {
            }
        }
        var (actual, resumed) = await Run(options, new CheckpointOptions(Saved) { Resume = true, EverySteps = 2, Keep = 2 });

        Assert.Equal(expected, actual);
        Assert.Equal(record.History.Select(Lasting), resumed.History.Select(Lasting));
        Assert.Equal(record.Steps, resumed.Steps);
        Assert.Equal(3, Directory.GetFiles(Saved, "step-*").Length);
        Assert.False(resumed.Cancelled);

        // And once more, when it is done.
        Assert.Equal(expected, (await Run(options, new CheckpointOptions(Saved) { Resume = true })).Weights);

        static EpochRecord Lasting(EpochRecord record) => record with { ImagesPerSecond = 0 };
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("flipped")]
    [InlineData("empty")]
    [InlineData("foreign")]
    public async Task A_damaged_checkpoint_gives_way_to_the_one_before(string damage)
    {
        var (expected, _) = await Run(Quick, null);
        await Run(Quick with { }, new CheckpointOptions(Saved) { EverySteps = 1, Keep = 3 }, StopAfter(5, out var cancellation), cancellation: cancellation);
        var last = Directory.GetFiles(Saved, "step-*").Max(StringComparer.Ordinal)!;
        var bytes = File.ReadAllBytes(last);
        if (damage == "truncated") bytes = bytes[..(bytes.Length / 2)];
        else if (damage == "flipped") bytes[^1000] ^= 0x10;
        else if (damage == "empty") bytes = [];
        else bytes = "no weights at all"u8.ToArray();
        File.WriteAllBytes(last, bytes);
        var log = new Heard();

        var (actual, result) = await Run(Quick, new CheckpointOptions(Saved) { Resume = true }, log: log);

        Assert.StartsWith($"{last}: this checkpoint cannot be read, so an earlier one is looked for: ", Assert.Single(log.Warnings), StringComparison.Ordinal);
        Assert.Equal(expected, actual);
        Assert.Equal(12, result.Steps);

        foreach (var file in Directory.GetFiles(Saved, "step-*")) File.WriteAllText(file, "nothing");
        var error = await Assert.ThrowsAsync<CheckpointException>(() => Run(Quick, new CheckpointOptions(Saved) { Resume = true }));
        Assert.StartsWith("none of the checkpoints can be read. Begin anew in another folder. ", error.Reason, StringComparison.Ordinal);
        Assert.Equal(Saved, error.Path);
    }

    [Fact]
    public void A_state_that_an_earlier_version_saved_is_read()
    {
        var state = new TrainingState { Epoch = 2, Batch = 1, Steps = 5, History = [], Recipe = "{}", Data = new(3, "hash"), Machine = "here", Preparation = "{}", Unreadable = ["a.png: no picture"] };
        var json = JsonSerializer.SerializeToNode(state, TrainingJson.Default.TrainingState)!.AsObject();
        Assert.Equal(state.Unreadable, json.Deserialize(TrainingJson.Default.TrainingState)!.Unreadable);
        Assert.True(json.Remove("unreadable") && json.Remove("preparation"));

        var read = json.Deserialize(TrainingJson.Default.TrainingState)!;

        Assert.Equal((2, 5, "here", null, null), (read.Epoch, read.Steps, read.Machine, read.Preparation, read.Unreadable));
    }

    [Fact]
    public async Task A_training_that_does_not_fit_what_was_saved_is_refused_and_changes_nothing()
    {
        await Run(Quick, new CheckpointOptions(Saved), StopAfter(5, out var cancellation), cancellation: cancellation);
        var before = Directory.GetFiles(Saved).Order().Select(file => (file, Hash: Convert.ToHexString(File.ReadAllBytes(file)))).ToList();
        using var fewer = new Bars(56);
        using var others = new Bars(64) { Classes = [.. Enumerable.Range(0, 10).Select(i => $"other {i}")] };
        using var measured = new Bars(31);
        Func<NeuralModule> larger = () => new Sequence { new Flatten(), { "trunk", new Dense(256, 24) }, { "norm", new BatchNorm1D(24) }, new Tanh(), new Dropout(0.3), { "middle", new Dense(24, 30) }, new Tanh(), { "head", new Dense(30, 10) } };
        Func<NeuralModule> shorter = () => new Sequence { new Flatten(), { "head", new Dense(256, 10) } };
        Func<NeuralModule> part = () => new Sequence { new Flatten(), { "trunk", new Dense(256, 24) }, { "norm", new BatchNorm1D(24) }, { "middle", new Dense(24, 20) }, { "head2", new Dense(20, 10) } };

        Assert.Equal("the training that was saved here has another recipe: batch_size was 16 and is 8, seed was 1 and is 2. Go on with the same, or take another folder.", await Refused(Quick with { BatchSize = 8, Seed = 2 }));
        Assert.StartsWith("the training that was saved here has another recipe: optimizer was {", await Refused(Quick with { Optimizer = new OwnAdamax { LearningRate = 1 } }), StringComparison.Ordinal);
        Assert.StartsWith("the pictures to learn from have changed since the training was saved: there were 64, and now there are 56.", await Refused(Quick, data: fewer), StringComparison.Ordinal);
        Assert.StartsWith("the pictures to learn from have changed since the training was saved: some are others, or have other labels.", await Refused(Quick, data: others, validation: others), StringComparison.Ordinal);
        Assert.StartsWith("the pictures to measure with have changed since the training was saved: there were 30, and now there are 31.", await Refused(Quick, validation: measured), StringComparison.Ordinal);
        Assert.StartsWith("what was saved here is another network's: its 'middle.weight' is missing or has another shape.", await Refused(Quick, network: larger), StringComparison.Ordinal);
        Assert.StartsWith("what was saved here is another network's: this one has no '", await Refused(Quick, network: shorter), StringComparison.Ordinal);
        Assert.StartsWith("what was saved here is another network's: this one has no 'head.", await Refused(Quick, network: part), StringComparison.Ordinal);
        Assert.StartsWith("the training that was saved here is of another network: one without a name, and this is resnet18.", await Refused(Quick, name: "resnet18"), StringComparison.Ordinal);
        // Without the wish to go on, too.
        Assert.StartsWith(
            "a training was saved here already.", (await Assert.ThrowsAsync<CheckpointException>(() => Run(Quick, new CheckpointOptions(Saved)))).Reason, StringComparison.Ordinal);

        Assert.Equal(before, Directory.GetFiles(Saved).Order().Select(file => (file, Hash: Convert.ToHexString(File.ReadAllBytes(file)))));

        async Task<string> Refused(TrainingOptions options, Bars? data = null, Bars? validation = null, Func<NeuralModule>? network = null, string? name = null)
        {
            using var usual = new Bars(64);
            using var held = new Bars(30, seed: 2);
            using var model = Seeded(network ?? Deep);
            var weights = WeightsOf(model);
            var trainer = new Trainer(model, Bars.Preset(), options) { Checkpoints = new(Saved) { Resume = true }, NetworkName = name };
            var error = await Assert.ThrowsAsync<CheckpointException>(() => trainer.FitAsync(data ?? usual, validation ?? held));
            Assert.Equal(Saved, error.Path);
            Assert.Equal(weights, WeightsOf(model));
            return error.Reason;
        }
    }

    [Fact]
    public async Task Other_contents_of_as_many_pictures_are_noticed()
    {
        using var pictures = new PictureFolder().With([.. Enumerable.Range(0, 6).SelectMany(i => (string[])[$"train/a/{i}.png", $"train/b/{i}.png", $"val/a/{i}.png", $"val/b/{i}.png"])]);
        await Fit();
        File.Move(pictures.PathOf("train/a/3.png"), pictures.PathOf("train/b/9.png"));

        var error = await Assert.ThrowsAsync<CheckpointException>(Fit);

        Assert.StartsWith("the pictures to learn from have changed since the training was saved: some are others, or have other labels.", error.Reason, StringComparison.Ordinal);

        async Task Fit()
        {
            using var split = Datasets.Open(pictures.Root);
            using var model = Seeded(() => new Sequence { new Flatten(), new Dense(3 * 8 * 8, 2) });
            await new Trainer(model, DataLoaderTests.Preset, Quick) { Checkpoints = new(Saved) { Resume = true } }.FitAsync(split.Training, split.Validation);
        }
    }

    [LinuxFact]
    public async Task A_place_without_room_is_told_and_what_was_saved_stays()
    {
        await Run(Quick, new CheckpointOptions(Saved), StopAfter(5, out var cancellation), cancellation: cancellation);
        var last = Directory.GetFiles(Saved, "step-*").Max(StringComparer.Ordinal)!;
        var bytes = File.ReadAllBytes(last);
        // The system takes no files there, whoever asks.
        var error = await Assert.ThrowsAsync<IOException>(() => Run(Quick, new CheckpointOptions("/proc/luma")));
        Assert.StartsWith("/proc/luma: cannot be written: ", error.Message, StringComparison.Ordinal);

        // The next checkpoint's place is taken by a folder: it cannot be written, and the last one stays.
        Directory.CreateDirectory(Path.Combine(Saved, "step-00002-0000004.safetensors"));
        await Assert.ThrowsAsync<IOException>(() => Run(Quick, new CheckpointOptions(Saved) { Resume = true }));
        Assert.Equal(bytes, File.ReadAllBytes(last));
        Directory.Delete(Path.Combine(Saved, "step-00002-0000004.safetensors"));
        Assert.Equal((await Run(Quick, null)).Weights, (await Run(Quick, new CheckpointOptions(Saved) { Resume = true })).Weights);
    }

    [Fact]
    public async Task Another_machines_checkpoint_goes_on_with_a_warning_and_another_releases_is_refused()
    {
        var (expected, _) = await Run(Quick, null);
        await Run(Quick, new CheckpointOptions(Saved), StopAfter(5, out var cancellation), cancellation: cancellation);
        Change(state => state with { Machine = "another" });
        var log = new Heard();

        var (actual, _) = await Run(Quick, new CheckpointOptions(Saved) { Resume = true }, log: log);

        Assert.Equal(expected, actual);
        Assert.StartsWith("The training was begun on another machine (another; this is ", Assert.Single(log.Warnings), StringComparison.Ordinal);

        foreach (var file in Directory.GetFiles(Saved, "step-*").Order(StringComparer.Ordinal).SkipLast(1)) File.Delete(file);
        Change(state => state with { FormatVersion = 2 });
        var error = await Assert.ThrowsAsync<CheckpointException>(() => Run(Quick, new CheckpointOptions(Saved) { Resume = true }));
        Assert.EndsWith("it has the format version 2; this release of Luma.Zoo reads 1.", error.Reason, StringComparison.Ordinal);

        void Change(Func<TrainingState, TrainingState> change)
        {
            var checkpoints = new CheckpointFolder(new(Saved));
            var (state, saved) = checkpoints.OpenLast(warning => Assert.Fail(warning))!.Value;
            using (saved)
            {
                using var scope = NewDisposeScope();
                checkpoints.Save(change(state), [.. saved.Names.Where(name => name.Contains('/')).Select(name => KeyValuePair.Create(name, saved[name].ToTensor().clone()))]);
            }
        }
    }

    [Fact]
    public void The_last_checkpoint_is_the_farthest_however_many_digits_its_epoch_has()
    {
        var checkpoints = new CheckpointFolder(new(Saved) { Keep = 1 });
        (int Epoch, int Batch)[] places = [(99_998, 7), (99_999, 0), (99_999, 12_345_678), (100_000, 0), (100_000, 9_999_999), (100_000, 10_000_000), (100_001, 0)];
        foreach (var (epoch, batch) in places)
        {
            using var scope = NewDisposeScope();
            checkpoints.Save(new() { Epoch = epoch, Batch = batch, Steps = 1, History = [], Recipe = "", Network = null, Data = new(1, ""), Measured = null, Machine = "" }, [KeyValuePair.Create("model/x", ones(1))]);

            var (state, saved) = checkpoints.OpenLast(warning => Assert.Fail(warning))!.Value;
            saved.Dispose();
            Assert.Equal((epoch, batch), (state.Epoch, state.Batch));
        }
        Assert.Equal(2, Directory.GetFiles(Saved).Length);
    }

    [Fact]
    public async Task What_an_optimizer_keeps_to_itself_begins_anew_with_a_warning()
    {
        var options = Quick with { Optimizer = new Secretive { LearningRate = 0.02 } };
        var log = new Heard();
        var (whole, _) = await Run(options, null, log: log);
        await Run(options, new CheckpointOptions(Saved), StopAfter(5, out var cancellation), log: log, cancellation: cancellation);
        Assert.Empty(log.Warnings);

        var (resumed, result) = await Run(options, new CheckpointOptions(Saved) { Resume = true }, log: log);

        Assert.Equal("What the optimizer remembers could not be saved, so it begins anew: the weights will not be those of a training without a stop.", Assert.Single(log.Warnings));
        Assert.Equal(12, result.Steps);
        Assert.NotEqual(whole, resumed);
        // It is the one that TorchSharp makes but for that.
        Assert.Equal((await Run(Quick, null)).Weights, whole);
    }

    private static Action StopAfter(int steps, out CancellationToken cancellation)
    {
        var source = new CancellationTokenSource();
        cancellation = source.Token;
        return () =>
        {
            if (--steps == 0) source.Cancel();
        };
    }

    private static async Task<(float[] Weights, TrainingResult Result)> Run(
        TrainingOptions options, CheckpointOptions? checkpoints, Action? stepDone = null, ILogger? log = null, CancellationToken cancellation = default)
    {
        using var data = new Bars(64);
        using var held = new Bars(30, seed: 2);
        using var model = Seeded(Deep);
        // A process that comes later has drawn other numbers before.
        manual_seed(Environment.TickCount64);
        var result = await new Trainer(model, Bars.Preset(), options, log) { Checkpoints = checkpoints, StepDone = (_, _, _) => stepDone?.Invoke() }.FitAsync(data, held, cancellation: cancellation);
        return (WeightsOf(model), result);
    }

    private sealed class Heard : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning) Warnings.Add(formatter(state, exception));
        }
    }
}
