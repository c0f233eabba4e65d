using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.OnnxRuntime;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Inference;

public sealed class AutoEngineTests : IDisposable
{
    private static readonly long[] Shape = [3];

    private readonly FakeTime time = new();
    private readonly TemporaryFolder folder = new();
    private readonly Sequence network = new() { new Dense(3, 2) };

    public void Dispose()
    {
        network.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(10, 20, "first")]
    [InlineData(20, 10, "second")]
    [InlineData(10.4, 10.2, "second")]
    [InlineData(3000, 2500, "second")]
    [InlineData(0.01, 0.02, "first")]
    public void The_fastest_engine_is_taken_and_the_other_disposed_of(double first, double second, string expected)
    {
        FakeEngine[] engines = [Fake("first", first), Fake("second", second)];

        using var program = Auto(engines).Compile(network, new() { ImageShape = Shape });

        var choice = program.Choose(Shape);
        Assert.Equal((expected, ScalarType.Float32, 1, false), (choice.Engine, choice.Type, choice.Batch, choice.Remembered));
        Assert.Equal(new[] { first, second }.Order(), choice.Times.Select(measured => measured.Milliseconds));
        Assert.Equal(expected, choice.Times[0].Engine);
        Assert.All(engines, engine => Assert.Equal((1, engine.Name == expected ? 0 : 1), (engine.Made, engine.Disposed)));

        var passes = engines.Sum(engine => engine.Passes);
        program.Run(zeros(1, 3)).Dispose();
        Assert.Equal(passes + 1, engines.Sum(engine => engine.Passes));
        program.Dispose();
        program.Dispose();
        Assert.All(engines, engine => Assert.Equal(engine.Made, engine.Disposed));
        Assert.Throws<ObjectDisposedException>(() => program.Run(zeros(1, 3)));
    }

    [Fact]
    public void A_pass_that_is_slow_by_chance_decides_nothing()
    {
        FakeEngine[] engines = [Fake("steady", 10), Fake("fitful", pass => pass % 4 == 3 ? 50 : 5)];

        using var program = Auto(engines).Compile(network, new() { ImageShape = Shape });

        Assert.Equal(("fitful", 5), (program.Choose(Shape).Engine, program.Choose(Shape).Times[0].Milliseconds));
    }

    [Fact]
    public void Measuring_takes_about_a_second_and_who_is_far_behind_is_measured_once()
    {
        FakeEngine[] engines = [Fake("first", 10), Fake("second", 11), Fake("third", 100)];

        using var program = Auto(engines).Compile(network, new() { ImageShape = Shape });

        Assert.InRange(time.Elapsed, TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(1200));
        // One to see that it runs, two to warm up, and a block.
        Assert.Equal(4, engines[2].Passes);
    }

    [Fact]
    public void What_was_chosen_is_remembered()
    {
        using (Auto(Fake("first", 10), Fake("second", 20)).Compile(network, new() { ImageShape = Shape }))
        {
        }
        FakeEngine[] later = [Fake("first", 20), Fake("second", 10)];

        using var program = Auto(later).Compile(network, new() { ImageShape = Shape });

        var choice = program.Choose(Shape);
        Assert.Equal(("first", true), (choice.Engine, choice.Remembered));
        Assert.Equal([("first", 10.0), ("second", 20.0)], choice.Times.Select(measured => (measured.Engine, measured.Milliseconds)));
        Assert.Equal([(1, 1), (0, 0)], later.Select(engine => (engine.Made, engine.Passes)));
        Assert.Single(folder.Names);
    }

    [Fact]
    public void It_is_measured_anew_where_something_else_is_asked()
    {
        using var other = new Sequence { new Dense(3, 3) };
        var auto = Auto(Fake("first", 10), Fake("second", 20));
        var settings = new CompileOptions { ImageShape = Shape };
        (AutoEngine Engine, NeuralModule Network, CompileOptions Options)[] questions =
        [
            (auto, network, settings),
            (auto, other, settings),
            (auto, network, settings with { Batch = 2 }),
            (auto, network, settings with { ImageShape = [5, 3] }),
            (auto, network, settings with { Type = ScalarType.BFloat16 }),
            (auto with { AllowBFloat16 = true }, network, settings),
            (Auto(Fake("first", 10), Fake("second", 20) with { Release = "2" }), network, settings),
            (Auto(Fake("first", 10), Fake("second", 20), Fake("third", 30)), network, settings),
        ];

        foreach (var (engine, asked, options) in questions)
        {
            foreach (var remembered in (bool[])[false, true])
            {
                using var program = engine.Compile(asked, options);
                Assert.Equal(remembered, program.Choose(options.ImageShape!, options.Batch).Remembered);
            }
        }
        Assert.Equal(questions.Length, folder.Names.Count());
    }

    [Fact]
    public void Without_a_folder_nothing_is_remembered()
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var program = (Auto(Fake("first", 10), Fake("second", 20)) with { Folder = null }).Compile(network, new() { ImageShape = Shape });
            Assert.False(program.Choose(Shape).Remembered);
        }
    }

    [Fact]
    public void A_damaged_file_is_written_anew()
    {
        Compile(remembered: false);
        var path = folder.File(folder.Names.Single()!);
        var whole = File.ReadAllBytes(path);
        var text = System.Text.Encoding.UTF8.GetString(whole);
        byte[][] damaged =
        [
            [], [0], "null"u8.ToArray(), "{}"u8.ToArray(), "[1]"u8.ToArray(), whole[..(whole.Length / 2)], new byte[1 << 20],
            [.. Altered("batch 1", "batch 2")], [.. Altered("first", "other")], [.. Altered("10", "null")], [.. Altered("10", "1e999")], [.. Altered("\"milliseconds\": {", "\"milliseconds\": null, \"x\": {")],
        ];

        foreach (var bytes in damaged)
        {
            File.WriteAllBytes(path, bytes);
            Compile(remembered: false);
            Compile(remembered: true);
        }
        File.Delete(path);
        Directory.CreateDirectory(path);
        Compile(remembered: false);
        Compile(remembered: false);
        Assert.Single(folder.Names);

        byte[] Altered(string from, string to)
        {
            var altered = text.Replace(from, to, StringComparison.Ordinal);
            Assert.NotEqual(text, altered);
            return System.Text.Encoding.UTF8.GetBytes(altered);
        }

        void Compile(bool remembered)
        {
            using var program = Auto(Fake("first", 10), Fake("second", 20)).Compile(network, new() { ImageShape = Shape });
            Assert.Equal(("first", remembered), (program.Choose(Shape).Engine, program.Choose(Shape).Remembered));
        }
    }

    [Fact]
    public void Of_too_many_answers_the_oldest_go_and_other_files_stay()
    {
        const int Most = 1000;
        foreach (var i in Enumerable.Range(0, Most + 20))
        {
            File.WriteAllText(folder.File($"{i:x32}.json"), "{}");
            File.SetLastWriteTimeUtc(folder.File($"{i:x32}.json"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(-i));
        }
        string[] others = ["notes.json", $"{0:x32}.txt", "0123456789ABCDEF0123456789ABCDEF.json"];
        foreach (var name in others) File.WriteAllText(folder.File(name), "mine");

        foreach (var remembered in (bool[])[false, true])
        {
            using var program = Auto(Fake("first", 10), Fake("second", 20)).Compile(network, new() { ImageShape = Shape });
            Assert.Equal(remembered, program.Choose(Shape).Remembered);
        }

        var names = folder.Names.ToList();
        Assert.Equal(Most + others.Length, names.Count);
        Assert.All(others, name => Assert.Contains(name, names));
        Assert.Contains($"{Most - 2:x32}.json", names);
        Assert.DoesNotContain($"{Most - 1:x32}.json", names);
    }

    [Theory]
    [InlineData("file/engines")]
    [InlineData("file")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_folder_that_cannot_be_written_does_no_harm(string name)
    {
        File.WriteAllText(folder.File("file"), "");
        var auto = Auto(Fake("first", 10), Fake("second", 20)) with { Folder = name.Length == 0 ? "" : folder.File(name) };

        using var program = auto.Compile(network, new() { ImageShape = Shape });

        Assert.Equal("first", program.Choose(Shape).Engine);
        Assert.Equal(["file"], folder.Names);
    }

    [Fact, Trait("Category", "Slow")]
    public void Many_may_remember_at_a_time()
    {
        network.eval();
        // Each has a memory of its own, as processes do, and they share the folder.
        Parallel.For(0, 32, _ =>
        {
            var own = new FakeTime();
            using var program = (Auto(Fake("first", 10, own), Fake("second", 20, own)) with { Time = own }).Compile(network, new() { ImageShape = Shape });
            Assert.Equal("first", program.Choose(Shape).Engine);
        });

        Assert.EndsWith(".json", Assert.Single(folder.Names), StringComparison.Ordinal);
        FakeEngine[] later = [Fake("first", 10), Fake("second", 20)];
        using var program = Auto(later).Compile(network, new() { ImageShape = Shape });
        Assert.True(program.Choose(Shape).Remembered);
    }

    [Fact, Trait("Category", "Slow")]
    public async Task Threads_that_call_it_for_the_first_time_measure_once()
    {
        FakeEngine[] engines = [Fake("first", 10), Fake("second", 20)];
        using var program = Auto(engines).Compile(network);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var input = zeros(1, 3);
            program.Run(input).Dispose();
        })));

        Assert.Equal([1, 1], engines.Select(engine => engine.Made));
    }

    [Fact]
    public void An_engine_that_cannot_compile_takes_no_part()
    {
        FakeEngine[] engines = [Fake("first", 1) with { Refusal = new NotSupportedException() }, Fake("second", 10), Fake("third", 20)];
        using (var program = Auto(engines).Compile(network, new() { ImageShape = Shape }))
        {
            Assert.Equal("second", program.Choose(Shape).Engine);
            Assert.Equal(2, program.Choose(Shape).Times.Count);
        }
        using var again = Auto(engines).Compile(network, new() { ImageShape = Shape });
        Assert.True(again.Choose(Shape).Remembered);
    }

    [Fact]
    public void What_may_be_otherwise_next_time_is_not_remembered()
    {
        foreach (var refusal in (Exception[])[new IOException(), new InsufficientMemoryException(), new InvalidOperationException()])
        {
            using var program = Auto(Fake("first", 1) with { Refusal = refusal }, Fake("second", 10)).Compile(network, new() { ImageShape = Shape });
            Assert.Equal("second", program.Choose(Shape).Engine);
            Assert.Empty(program.Choose(Shape).Times);
        }
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void An_engine_that_was_remembered_and_fails_now_is_measured_with_the_others()
    {
        using (Auto(Fake("first", 10), Fake("second", 20)).Compile(network, new() { ImageShape = Shape }))
        {
        }

        using var program = Auto(Fake("first", 10) with { Refusal = new IOException() }, Fake("second", 20)).Compile(network, new() { ImageShape = Shape });

        Assert.Equal(("second", false), (program.Choose(Shape).Engine, program.Choose(Shape).Remembered));
    }

    [Fact]
    public void Where_no_engine_can_the_first_says_why()
    {
        FakeEngine[] engines = [Fake("first", 1) with { Refusal = new NotSupportedException("why") }, Fake("second", 10) with { Refusal = new IOException() }];
        Assert.Equal("why", Assert.Throws<NotSupportedException>(() => Auto(engines).Compile(network, new() { ImageShape = Shape })).Message);

        using var program = Auto(Fake("first", 1)).Compile(network);
        Assert.Throws<InputShapeException>(() => program.Run(zeros(1, 4)));
        network.Dispose();
        Assert.Contains("images of (3), 1 at a time", Assert.Throws<InvalidOperationException>(() => program.Run(zeros(1, 3))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_take_part_where_they_are_allowed()
    {
        FakeEngine[] engines = [Fake("first", 10) with { BFloat16 = 5 }, Fake("second", 8) with { BFloat16 = 12 }];

        using var exact = Auto(engines).Compile(network, new() { ImageShape = Shape });
        using var inexact = (Auto(engines) with { AllowBFloat16 = true }).Compile(network, new() { ImageShape = Shape });
        using var asked = Auto(engines).Compile(network, new() { ImageShape = Shape, Type = ScalarType.BFloat16 });

        Assert.Equal(("second", ScalarType.Float32), (exact.Choose(Shape).Engine, exact.Choose(Shape).Type));
        Assert.Equal(("first", ScalarType.BFloat16), (inexact.Choose(Shape).Engine, inexact.Choose(Shape).Type));
        Assert.Equal(4, inexact.Choose(Shape).Times.Count);
        Assert.Equal(("first", ScalarType.BFloat16), (asked.Choose(Shape).Engine, asked.Choose(Shape).Type));
    }

    [Fact]
    public void Batches_are_measured_as_the_power_of_two_below_up_to_8()
    {
        var engine = Fake("first", 10);
        using var program = Auto(engine, Fake("second", 20)).Compile(network);

        foreach (var count in (long[])[1, 2, 3, 4, 5, 7, 8, 9, 100]) program.Run(zeros(count, 3)).Dispose();

        Assert.Equal([1, 2, 4, 8], folder.Names.Select(name => Batch(folder.File(name!))).Order());
        Assert.Equal((1, 0), (engine.Made, engine.Disposed));
        Assert.Equal(8, program.Choose(Shape, 64).Batch);

        static int Batch(string path) => int.Parse(System.Text.RegularExpressions.Regex.Match(File.ReadAllText(path), @"batch (\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void What_is_left_of_many_images_is_run_as_the_others_were()
    {
        var engine = Fake("first", 10);
        FakeEngine[] engines = [engine, Fake("second", 20)];
        using var program = Auto(engines).Compile(network);
        Assert.Equal(8, program.Choose(Shape, 16).Batch);

        foreach (var count in (long[])[2, 5, 7, 16])
        {
            var passes = Passes();
            program.Run(zeros(count, 3)).Dispose();
            Assert.Equal(passes + 1, Passes());
        }

        // Whoever asks wants to know, and one image alone is another thing.
        Assert.Equal(2, program.Choose(Shape, 3).Batch);
        var before = Passes();
        program.Run(zeros(1, 3)).Dispose();
        Assert.True(Passes() > before + 2);
        Assert.Equal(1, program.Choose(Shape).Batch);
        Assert.Equal(1, engine.Made);

        int Passes() => engines.Sum(engine => engine.Passes);
    }

    [Fact]
    public void Measuring_can_be_stopped_and_done_again()
    {
        using var stop = new CancellationTokenSource();
        FakeEngine[] engines = [Fake("first", pass => Stopping(pass, 10)), Fake("second", 20)];
        using var program = Auto(engines).Compile(network);

        Assert.ThrowsAny<OperationCanceledException>(() => program.Choose(Shape, cancellationToken: stop.Token));
        Assert.All(engines, engine => Assert.Equal(engine.Made, engine.Disposed));
        Assert.Empty(folder.Names);

        Assert.Equal("first", program.Choose(Shape).Engine);
        Assert.ThrowsAny<OperationCanceledException>(() => Auto(engines).Compile(network, new() { ImageShape = [7, 3] }, stop.Token));

        double Stopping(int pass, double milliseconds)
        {
            if (pass == 3) stop.Cancel();
            return milliseconds;
        }
    }

    [Fact]
    public async Task Who_waits_while_another_measures_can_be_stopped()
    {
        using var stop = new CancellationTokenSource();
        using ManualResetEventSlim measuring = new(), go = new();
        using var program = Auto(Fake("first", Waiting), Fake("second", 20)).Compile(network);

        var first = Task.Run(() => program.Choose(Shape));
        measuring.Wait();
        var second = Task.Run(() => program.Choose([5, 3], cancellationToken: stop.Token));
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(first.IsCompleted);
        go.Set();

        Assert.Equal("first", (await first).Engine);

        double Waiting(int pass)
        {
            measuring.Set();
            go.Wait();
            return 10;
        }
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData("resnet18")]
    [InlineData("swin_t")]
    public void The_engines_that_there_are_give_what_the_network_does(string id)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = SmallNetwork.Build(id, out var shape);
        network.eval();
        var engine = Engine.Auto(Engine.OneDnn, new OnnxRuntimeEngine()) with { Folder = folder.File("engines") };

        foreach (var remembered in (bool[])[false, true])
        {
            using var program = engine.Compile(network);
            foreach (var count in (long[])[1, 3])
            {
                var images = ModelGolden.DrawImages(count, shape);
                Assert.InRange(ModelGolden.Difference(network.call(images).data<float>().ToArray(), program.Run(images).data<float>().ToArray()), 0, 1e-4);
                var choice = program.Choose(shape, count);
                Assert.Equal((remembered, 2), (choice.Remembered, choice.Times.Count));
                Assert.Contains(choice.Engine, (string[])["onednn", "onnxruntime"]);
            }
        }
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        Assert.Throws<ArgumentException>("Engines", () => Engine.Auto());
        Assert.Throws<ArgumentException>("options", () => Auto(Fake("first", 1)).Compile(network, new() { Batch = 0 }));
        using var program = Auto(Fake("first", 1)).Compile(network);
        Assert.Throws<ArgumentOutOfRangeException>("batch", () => program.Choose(Shape, 0));
        Assert.Equal("auto", Auto(Fake("first", 1)).Name);
        Assert.StartsWith("onednn, libtorch 2.", Engine.OneDnn.Identity, StringComparison.Ordinal);
        Assert.Equal("onnxruntime 1.31.1, 2 threads, spinning 50 us", new OnnxRuntimeEngine { Threads = 2, SpinDuration = TimeSpan.FromMicroseconds(50) }.Identity);
    }

    private AutoEngine Auto(params FakeEngine[] engines) => Engine.Auto(engines) with { Folder = folder.File(""), Time = time };

    private FakeEngine Fake(string name, double milliseconds, FakeTime? clock = null) => Fake(name, _ => milliseconds, clock);

    private FakeEngine Fake(string name, Func<int, double> milliseconds, FakeTime? clock = null) => new(name, milliseconds, clock ?? time);

    /// <summary>An engine whose passes take as long as it is told, of a time that only they and the pauses between them move on.</summary>
    private sealed record FakeEngine(string Name, Func<int, double> Milliseconds, FakeTime Time) : IInferenceEngine
    {
        private readonly Counters counters = new();

        public string Release { get; init; } = "1";

        public string Identity => $"{Name} {Release}";

        public double? BFloat16 { get; init; }

        public Exception? Refusal { get; init; }

        public int Made => counters.Made;

        public int Disposed => counters.Disposed;

        public int Passes => counters.Passes;

        public IInferenceProgram Compile(NeuralModule network, CompileOptions? options = null)
        {
            if (Refusal is not null) throw Refusal;
            counters.Made++;
            return new Program(this, options!.Type);
        }

        private sealed class Program(FakeEngine engine, ScalarType type) : IInferenceProgram
        {
            private bool disposed;

            public ScalarType Type => type;

            public Tensor Run(Tensor input)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                var pass = Interlocked.Increment(ref engine.counters.Passes);
                engine.Time.Advance(TimeSpan.FromMilliseconds(type == ScalarType.BFloat16 && engine.BFloat16 is { } other ? other : engine.Milliseconds(pass)));
                return zeros(input.size(0), 2);
            }

            public void CompileFor(IReadOnlyList<long> imageShape, long batch = 1) => engine.counters.Prepared++;

            public void Dispose()
            {
                if (!disposed) engine.counters.Disposed++;
                disposed = true;
            }
        }

        private sealed class Counters
        {
            public int Made, Disposed, Passes, Prepared;
        }
    }

    private sealed class FakeTime : TimeProvider
    {
        private long ticks;

        public TimeSpan Elapsed => TimeSpan.FromTicks(Interlocked.Read(ref ticks));

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref ticks);

        public void Advance(TimeSpan time) => Interlocked.Add(ref ticks, time.Ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero) Advance(dueTime);
            return base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
        }
    }
}
