using System.Text.Json;
using System.Text.Json.Serialization;

namespace Luma.Zoo.Training;

/// <summary>Recipes and the state of trainings as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(TrainingOptions))]
[JsonSerializable(typeof(Optimizer.Sgd))]
[JsonSerializable(typeof(Optimizer.Adam))]
[JsonSerializable(typeof(Optimizer.RmsProp))]
[JsonSerializable(typeof(LearningRateSchedule.Constant))]
[JsonSerializable(typeof(LearningRateSchedule.Steps))]
[JsonSerializable(typeof(LearningRateSchedule.Cosine))]
[JsonSerializable(typeof(LearningRateSchedule.OneCycle))]
[JsonSerializable(typeof(TrainingLoss.CrossEntropy))]
[JsonSerializable(typeof(TrainingLoss.BinaryCrossEntropy))]
[JsonSerializable(typeof(TrainingState))]
internal sealed partial class TrainingJson : JsonSerializerContext
{
    /// <summary>A recipe as text by which two can be compared.</summary>
    public static string TextOf(TrainingOptions options)
    {
        try
        {
            // Where features are kept changes no result.
            return JsonSerializer.Serialize(options with { FeatureCacheBytes = 0 }, Default.TrainingOptions);
        }
        catch (Exception error) when (error is NotSupportedException or JsonException)
        {
            // Parts of somebody's own have no JSON form.
            return options.ToString();
        }
    }
}
