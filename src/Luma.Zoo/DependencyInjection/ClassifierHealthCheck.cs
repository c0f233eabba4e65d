using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Luma.Zoo.DependencyInjection;

/// <summary>
/// Whether a classifier can answer: healthy where its model is loaded, degraded while it is not loaded yet, and unhealthy where that failed.
/// </summary>
public sealed class ClassifierHealthCheck : IHealthCheck
{
    private readonly string name;
    private readonly LazyClassifier classifier;

    internal ClassifierHealthCheck(string name, LazyClassifier classifier) => (this.name, this.classifier) = (name, classifier);

    /// <summary>What <c>services.AddHealthChecks().Add(...)</c> takes.</summary>
    /// <param name="name">The classifier's name, which is also the check's.</param>
    /// <param name="failureStatus">What a classifier that could not be loaded is; null for unhealthy.</param>
    /// <param name="tags">Tags of the check, or null.</param>
    /// <returns>The registration.</returns>
    public static HealthCheckRegistration Register(string name, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new(name, services => services.GetRequiredKeyedService<ClassifierHealthCheck>(name), failureStatus, tags);
    }

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var made = classifier.IsMade(out var error);
        return Task.FromResult(made switch
        {
            true => HealthCheckResult.Healthy($"Classifier '{name}' is loaded."),
            null => HealthCheckResult.Degraded($"Classifier '{name}' is not loaded yet."),
            false => new HealthCheckResult(context.Registration.FailureStatus, $"Classifier '{name}' could not be loaded: {error?.Message ?? "it was cancelled"}", error),
        });
    }
}
