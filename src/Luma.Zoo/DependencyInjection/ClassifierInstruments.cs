using System.Diagnostics;
using System.Diagnostics.Metrics;
using Luma.Zoo.Images;

namespace Luma.Zoo.DependencyInjection;

/// <summary>Counts and times what one classifier does. The names are those of <see cref="ClassifierTelemetry"/>.</summary>
internal sealed class ClassifierInstruments : IDisposable
{
    private readonly string name;
    private readonly Meter? ownMeter;
    private readonly ActivitySource activities = new(ClassifierTelemetry.SourceName);
    private readonly Counter<long> images;
    private readonly Histogram<double> duration, loading;
    private readonly UpDownCounter<long> active;

    /// <summary>Makes the instruments.</summary>
    /// <param name="name">The classifier's name.</param>
    /// <param name="meters">Makes the meter, and owns it; null for one of our own.</param>
    public ClassifierInstruments(string name, IMeterFactory? meters)
    {
        this.name = name;
        var meter = meters?.Create(ClassifierTelemetry.SourceName) ?? (ownMeter = new Meter(ClassifierTelemetry.SourceName));
        images = meter.CreateCounter<long>(ClassifierTelemetry.ImagesName, "{image}", "Images that were classified or embedded.");
        duration = meter.CreateHistogram<double>(ClassifierTelemetry.DurationName, "s", "How long single calls take.");
        loading = meter.CreateHistogram<double>(ClassifierTelemetry.LoadDurationName, "s", "How long making a classifier takes.");
        active = meter.CreateUpDownCounter<long>(ClassifierTelemetry.ActiveCallsName, "{call}", "Calls that are under way.");
    }

    /// <summary>Begins a call.</summary>
    public Call Begin(string operation)
    {
        active.Add(1, NameTag, OperationTag(operation));
        return new(this, operation, activities.StartActivity(operation)?.SetTag(ClassifierTelemetry.NameTag, name));
    }

    /// <summary>Begins the loading of the model.</summary>
    public Activity? BeginLoading(string model) =>
        activities.StartActivity("load")?.SetTag(ClassifierTelemetry.NameTag, name).SetTag("luma.classifier.model", model);

    /// <summary>The model has been loaded.</summary>
    public void Loaded(TimeSpan time) => loading.Record(time.TotalSeconds, NameTag);

    /// <inheritdoc/>
    public void Dispose()
    {
        activities.Dispose();
        ownMeter?.Dispose();
    }

    private KeyValuePair<string, object?> NameTag => new(ClassifierTelemetry.NameTag, name);

    private static KeyValuePair<string, object?> OperationTag(string operation) => new(ClassifierTelemetry.OperationTag, operation);

    /// <summary>A call that is under way.</summary>
    public sealed class Call(ClassifierInstruments instruments, string operation, Activity? activity) : IDisposable
    {
        private readonly long start = Stopwatch.GetTimestamp();
        private long count;

        /// <summary>An image is done.</summary>
        public void Count(string outcome)
        {
            count++;
            instruments.images.Add(1, instruments.NameTag, OperationTag(operation), Outcome(outcome));
        }

        /// <summary>The call, for one image, has ended.</summary>
        public void End(string outcome)
        {
            Count(outcome);
            instruments.duration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, instruments.NameTag, OperationTag(operation), Outcome(outcome));
        }

        /// <summary>The call has failed.</summary>
        /// <returns>The outcome.</returns>
        public string Fail(Exception exception)
        {
            var outcome = exception switch
            {
                ImageException => "bad_image",
                OperationCanceledException => "cancelled",
                _ => "error",
            };
            activity?.SetTag(ClassifierTelemetry.OutcomeTag, outcome);
            if (outcome != "cancelled") activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            return outcome;
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            instruments.active.Add(-1, instruments.NameTag, OperationTag(operation));
            activity?.SetTag("luma.classifier.images", count);
            activity?.Dispose();
        }

        private static KeyValuePair<string, object?> Outcome(string outcome) => new(ClassifierTelemetry.OutcomeTag, outcome);
    }
}
