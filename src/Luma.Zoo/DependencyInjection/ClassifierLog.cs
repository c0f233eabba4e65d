using Microsoft.Extensions.Logging;

namespace Luma.Zoo.DependencyInjection;

/// <summary>What classifiers write into a log.</summary>
internal static partial class ClassifierLog
{
    [LoggerMessage(1, LogLevel.Information, "Classifier '{Name}' has loaded {Model} in {Seconds:F2} s")]
    public static partial void Loaded(this ILogger logger, string name, string model, double seconds);

    [LoggerMessage(2, LogLevel.Error, "Classifier '{Name}' could not load {Model}")]
    public static partial void LoadFailed(this ILogger logger, string name, string model, Exception exception);

    [LoggerMessage(3, LogLevel.Warning, "Classifier '{Name}', weights of {Model}: {Warning}")]
    public static partial void WeightWarning(this ILogger logger, string name, string model, string warning);

    [LoggerMessage(4, LogLevel.Debug, "Classifier '{Name}' has computed once in {Seconds:F2} s")]
    public static partial void WarmedUp(this ILogger logger, string name, double seconds);

    [LoggerMessage(5, LogLevel.Debug, "Classifier '{Name}' cannot use an image: {Reason}")]
    public static partial void BadImage(this ILogger logger, string name, string reason);

    [LoggerMessage(6, LogLevel.Error, "Classifier '{Name}' failed in {Operation}")]
    public static partial void Failed(this ILogger logger, string name, string operation, Exception exception);
}
