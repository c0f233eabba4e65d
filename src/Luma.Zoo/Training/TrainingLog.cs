using Microsoft.Extensions.Logging;

namespace Luma.Zoo.Training;

/// <summary>What a training tells its logger.</summary>
internal static partial class TrainingLog
{
    [LoggerMessage(LogLevel.Information, "The frozen layers see each image once: their outputs are kept in memory")]
    public static partial void KeepingFeatures(this ILogger log);

    [LoggerMessage(LogLevel.Information, "Convolutions and matrix products are computed in {Precision}: a pass takes {Ratio:F2} of the time that it takes in float32")]
    public static partial void PrecisionFound(this ILogger log, string precision, double ratio);

    [LoggerMessage(LogLevel.Information, "Epoch {Epoch} of {Epochs}: loss {Loss:F4}, accuracy {Accuracy:P2}")]
    public static partial void EpochDone(this ILogger log, int epoch, int epochs, double loss, double? accuracy);

    [LoggerMessage(LogLevel.Debug, "Saved the training at epoch {Epoch}, batch {Batch}")]
    public static partial void Saved(this ILogger log, int epoch, int batch);

    [LoggerMessage(LogLevel.Information, "The training goes on at epoch {Epoch}, batch {Batch}")]
    public static partial void Resumed(this ILogger log, int epoch, int batch);

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    public static partial void Warn(this ILogger log, string warning);
}
