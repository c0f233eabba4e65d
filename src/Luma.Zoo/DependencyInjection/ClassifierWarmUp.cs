using Microsoft.Extensions.Hosting;

namespace Luma.Zoo.DependencyInjection;

/// <summary>Makes a classifier ready when the host starts, where its options ask for that.</summary>
/// <param name="classifier">The classifier.</param>
internal sealed class ClassifierWarmUp(LazyClassifier classifier) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) =>
        classifier.Options.WarmUp ? classifier.WarmUpAsync(cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
