using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Luma.Zoo.DependencyInjection;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Luma.Zoo.Tests.DependencyInjection;

public class ServiceTests
{
    private static readonly string Digit = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "digit-7-*.png")[0];

    [Fact]
    public async Task A_host_warms_a_classifier_up_and_disposes_of_it()
    {
        var log = new LogLines();
        var builder = Builder(log);
        builder.Services.AddLumaClassifier("digits", options => options.Model = "lenet_5");
        builder.Services.AddHealthChecks().Add(ClassifierHealthCheck.Register("digits", tags: ["ready"]));
        IImageClassifier classifier;
        using (var host = builder.Build())
        {
            classifier = host.Services.GetRequiredKeyedService<IImageClassifier>("digits");
            Assert.Equal(HealthStatus.Degraded, (await Health(host)).Status);

            await host.StartAsync();

            Assert.Equal("Classifier 'digits' is loaded.", (await Health(host)).Description);
            Assert.Contains(log.Lines, line => line.StartsWith("Information: Classifier 'digits' has loaded lenet_5 in ", StringComparison.Ordinal));
            Assert.Equal("7", (await classifier.ClassifyAsync(Digit))[0].Label);
            Assert.Same(classifier, host.Services.GetRequiredKeyedService<IImageClassifier>("digits"));
            await host.StopAsync();
        }
        await Assert.ThrowsAsync<ObjectDisposedException>(() => classifier.ClassifyAsync(Digit));
    }

    [Fact]
    public async Task A_classifier_that_is_not_warmed_up_is_made_once_by_the_first_callers()
    {
        var log = new LogLines();
        var builder = Builder(log);
        builder.Services.AddLumaClassifier("digits").Configure(options => (options.Model, options.WarmUp) = ("lenet_5", false));
        using var host = builder.Build();
        await host.StartAsync();
        Assert.DoesNotContain(log.Lines, line => line.Contains("has loaded", StringComparison.Ordinal));

        var classifier = host.Services.GetRequiredKeyedService<IImageClassifier>("digits");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => classifier.ClassifyAsync(Digit)));

        Assert.All(answers, answer => Assert.Equal("7", answer[0].Label));
        Assert.Single(log.Lines, line => line.Contains("has loaded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_names_are_two_classifiers()
    {
        await using var services = new ServiceCollection()
            .AddLumaClassifier("small", options => options.Model = "lenet_1").Services
            .AddLumaClassifier("large", options => options.Model = "lenet_5").Services
            .BuildServiceProvider();
        var (small, large) = (services.GetRequiredKeyedService<IImageClassifier>("small"), services.GetRequiredKeyedService<IImageClassifier>("large"));

        Assert.NotSame(small, large);
        Assert.Equal(["lenet_1", "lenet_5"], new[] { "small", "large" }.Select(name => services.GetRequiredService<IOptionsMonitor<LumaClassifierOptions>>().Get(name).Model));
        Assert.Equal("7", (await large.ClassifyAsync(Digit, new ClassifyOptions { Top = 1 })).Single().Label);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddLumaClassifier("one").Services.AddLumaClassifier("one"));
    }

    [Theory]
    [InlineData("", null, "Classifier 'x': Model is empty: name a network, such as resnet50, or a model folder.")]
    [InlineData("resnet51", null, "Classifier 'x': ")]
    [InlineData("./nowhere/model", null, "Classifier 'x': ./nowhere/model")]
    [InlineData("resnet18:nowhere.pth", null, "Classifier 'x': resnet18 has no published weights 'nowhere.pth', and there is no such file.")]
    [InlineData("lenet_5", "gpu", "Classifier 'x': Device must be cpu, cuda or cuda:N, not 'gpu'.")]
    [InlineData("lenet_5", "cuda:-1", "Classifier 'x': Device must be cpu, cuda or cuda:N, not 'cuda:-1'.")]
    public async Task Wrong_options_are_told_in_one_line_when_the_host_starts(string model, string? device, string expected)
    {
        var builder = Builder(new LogLines());
        builder.Services.AddLumaClassifier("x", options => (options.Model, options.Device) = (model, device));
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_is_unhealthy_and_tried_again()
    {
        var (log, path) = (new LogLines(), Path.Combine(Path.GetTempPath(), $"luma-{Guid.NewGuid():N}.pth"));
        await File.WriteAllTextAsync(path, "no weights");
        try
        {
            var builder = Builder(log);
            builder.Services.AddLumaClassifier("broken", options => (options.Model, options.WarmUp) = ($"lenet_5:{path}", false));
            builder.Services.AddHealthChecks().Add(ClassifierHealthCheck.Register("broken"));
            using var host = builder.Build();
            await host.StartAsync();
            var classifier = host.Services.GetRequiredKeyedService<IImageClassifier>("broken");

            await Assert.ThrowsAnyAsync<Exception>(() => classifier.ClassifyAsync(Digit));
            var health = await Health(host);
            await Assert.ThrowsAnyAsync<Exception>(() => classifier.ClassifyAsync(Digit));

            Assert.Equal(HealthStatus.Unhealthy, health.Status);
            Assert.StartsWith("Classifier 'broken' could not be loaded: ", health.Description, StringComparison.Ordinal);
            Assert.Equal(2, log.Lines.Count(line => line.StartsWith("Error: Classifier 'broken' could not load", StringComparison.Ordinal)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task What_it_does_is_counted_timed_and_traced()
    {
        var builder = Builder(new LogLines());
        builder.Services.AddLumaClassifier("counted", options => options.Model = "lenet_5");
        using var host = builder.Build();
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        var measured = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == ClassifierTelemetry.SourceName && instrument.Meter.Scope == meters) listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured.Enqueue($"{instrument.Name} {value} {Text(tags)}"));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured.Enqueue($"{instrument.Name} {(value > 0 ? "+" : "?")} {Text(tags)}"));
        listener.Start();
        var activities = new ConcurrentQueue<Activity>();
        using var tracing = Trace("counted", activities);
        await host.StartAsync();
        var classifier = host.Services.GetRequiredKeyedService<IImageClassifier>("counted");

        await classifier.ClassifyAsync(Digit);
        await Assert.ThrowsAsync<ImageException>(() => classifier.ClassifyAsync("nowhere.png"));
        await classifier.EmbedAsync(Digit);
        var many = await classifier.ClassifyManyAsync([new(1, Digit), new(2, "nowhere.png"), new(3, Digit)]).ToListAsync();

        Assert.Equal([1, 2, 3], many.Select(result => (int)result.Key!));
        Assert.Equal(["load", "classify", "classify", "embed", "classify_many"], activities.Select(activity => activity.OperationName));
        Assert.Equal(ActivityStatusCode.Error, activities.ElementAt(2).Status);
        Assert.Equal(3L, activities.ElementAt(4).GetTagItem("luma.classifier.images"));
        string[] expected =
        [
            "luma.classifier.load.duration + counted",
            "luma.classifier.images 1 counted classify ok", "luma.classifier.duration + counted classify ok",
            "luma.classifier.images 1 counted classify bad_image", "luma.classifier.duration + counted classify bad_image",
            "luma.classifier.images 1 counted embed ok", "luma.classifier.duration + counted embed ok",
            "luma.classifier.images 1 counted classify_many ok", "luma.classifier.images 1 counted classify_many bad_image", "luma.classifier.images 1 counted classify_many ok",
        ];
        Assert.Equal(expected, measured.Where(line => !line.StartsWith(ClassifierTelemetry.ActiveCallsName, StringComparison.Ordinal)));
        Assert.Equal(0, measured.Where(line => line.StartsWith(ClassifierTelemetry.ActiveCallsName, StringComparison.Ordinal)).Sum(line => int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)));

        static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.ToArray().Select(tag => tag.Value));
    }

    [Fact]
    public async Task Many_images_for_a_model_that_cannot_be_loaded_are_a_call_that_failed()
    {
        var log = new LogLines();
        var builder = Builder(log);
        builder.Services.AddLumaClassifier("missing", options => options.Model = "nowhere/at.all");
        using var host = builder.Build();
        var activities = new ConcurrentQueue<Activity>();
        using var tracing = Trace("missing", activities);
        var classifier = host.Services.GetRequiredKeyedService<IImageClassifier>("missing");

        await Assert.ThrowsAnyAsync<Exception>(async () => await classifier.ClassifyManyAsync([new(1, Digit)]).ToListAsync());

        Assert.Equal([("classify_many", ActivityStatusCode.Error)], activities.Select(activity => (activity.OperationName, activity.Status)));
    }

    // Keeps the activities of the classifier of a name.
    private static ActivityListener Trace(string name, ConcurrentQueue<Activity> activities)
    {
        var tracing = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ClassifierTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem(ClassifierTelemetry.NameTag), name)) activities.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(tracing);
        return tracing;
    }

    private static HostApplicationBuilder Builder(LogLines log)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Debug));
        builder.Services.AddMetrics();
        return builder;
    }

    private static async Task<HealthReportEntry> Health(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries.Single().Value;

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
