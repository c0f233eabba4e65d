using System.Text;
using System.Text.Json;
using Luma.Zoo.Files;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Writes what comes out of a run beside the weights.</summary>
/// <param name="run">The run's folder.</param>
/// <param name="recipe">The recipe.</param>
internal sealed class RunReport(RunFolder run, TrainingOptions recipe)
{
    /// <summary>Writes what is known before the training.</summary>
    public void Begin()
    {
        try
        {
            var json = recipe.ToJson();
            AtomicFile.Write(run.PathOf("recipe.json"), stream => stream.Write(Encoding.UTF8.GetBytes(json)));
        }
        catch (Exception error) when (error is NotSupportedException or JsonException)
        {
            // Parts of somebody's own have no JSON form.
        }
    }

    /// <summary>Writes the epochs so far as a table.</summary>
    /// <param name="history">The epochs.</param>
    public void WriteLog(IReadOnlyList<EpochRecord> history)
    {
        var text = new StringBuilder("epoch,steps,learning_rate,loss,validation_loss,accuracy,top5_accuracy,mean_average_precision,images_per_second,best\n");
        foreach (var record in history)
        {
            text.Append(FormattableString.Invariant(
                $"{record.Epoch},{record.Steps},{record.LearningRate},{record.Loss},{record.ValidationLoss},{record.Accuracy},{record.Top5Accuracy},{record.MeanAveragePrecision},{record.ImagesPerSecond:F2},{(record.IsBest ? 1 : 0)}\n"));
        }
        AtomicFile.Write(run.PathOf("log.csv"), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
