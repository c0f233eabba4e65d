using System.Diagnostics.Metrics;
using Luma.Zoo.DependencyInjection;
using Luma.Zoo.Inference;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds classifiers to service collections.</summary>
public static class LumaServiceCollectionExtensions
{
    /// <summary>
    /// Adds a classifier: a keyed singleton <see cref="IImageClassifier"/>, whose key is its name. It is made once, when the host starts or
    /// when it is first called, and disposed of with the provider.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The classifier's name, also that of its options.</param>
    /// <param name="configure">Sets its options, or null where the builder that is returned does.</param>
    /// <returns>The builder of its options, which are checked when the host starts.</returns>
    /// <remarks>
    /// What it counts and times is called as <see cref="ClassifierTelemetry"/> says. Its health is told by
    /// <c>services.AddHealthChecks().Add(ClassifierHealthCheck.Register(name))</c>.
    /// </remarks>
    /// <exception cref="ArgumentException">There is a classifier of that name, or the name is empty.</exception>
    public static OptionsBuilder<LumaClassifierOptions> AddLumaClassifier(
        this IServiceCollection services, string name, Action<LumaClassifierOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (services.Any(service => service.ServiceType == typeof(LazyClassifier) && Equals(service.ServiceKey, name)))
            throw new ArgumentException($"There is a classifier '{name}' already.", nameof(name));

        services.AddKeyedSingleton(name, (provider, _) => new LazyClassifier(
            name,
            provider.GetRequiredService<IOptionsMonitor<LumaClassifierOptions>>(),
            (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger(typeof(Classifier).FullName!),
            new ClassifierInstruments(name, provider.GetService<IMeterFactory>())));
        services.AddKeyedSingleton<IImageClassifier>(name, (provider, _) => provider.GetRequiredKeyedService<LazyClassifier>(name));
        services.AddKeyedSingleton(name, (provider, _) => new ClassifierHealthCheck(name, provider.GetRequiredKeyedService<LazyClassifier>(name)));
        services.AddHostedService(provider => new ClassifierWarmUp(provider.GetRequiredKeyedService<LazyClassifier>(name)));
        services.AddSingleton<IValidateOptions<LumaClassifierOptions>>(new LumaClassifierValidation(name));

        var options = services.AddOptions<LumaClassifierOptions>(name).ValidateOnStart();
        return configure is null ? options : options.Configure(configure);
    }
}
