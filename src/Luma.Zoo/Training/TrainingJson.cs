using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

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
            return JsonSerializer.Serialize(options, Default.TrainingOptions);
        }
        catch (Exception error) when (error is NotSupportedException or JsonException)
        {
            return TextWithOwnParts(options);
        }
    }

    // Parts of somebody's own have no JSON form: they stand there as they describe themselves.
    private static string TextWithOwnParts(TrainingOptions options)
    {
        var usual = new TrainingOptions();
        Dictionary<string, string> own = [];
        if (!HasForm(options.Optimizer, Default.Optimizer)) own["optimizer"] = options.Optimizer.ToString()!;
        if (!HasForm(options.Schedule, Default.LearningRateSchedule)) own["schedule"] = options.Schedule.ToString()!;
        if (options.Loss is { } loss && !HasForm(loss, Default.TrainingLoss)) own["loss"] = loss.ToString()!;
        if (options.Transform is { } transform && !HasForm(transform, Default.TrainingTransform))
            own["transform"] = $"{string.Join(", ", transform.Images)} | {string.Join(", ", transform.Inputs)} | {string.Join(", ", transform.Mixing)} | {transform.MixingProbability:R}";
        var rest = JsonSerializer.SerializeToNode(
            options with
            {
                Optimizer = own.ContainsKey("optimizer") ? usual.Optimizer : options.Optimizer,
                Schedule = own.ContainsKey("schedule") ? usual.Schedule : options.Schedule,
                Loss = own.ContainsKey("loss") ? null : options.Loss,
                Transform = own.ContainsKey("transform") ? null : options.Transform,
            },
            Default.TrainingOptions)!.AsObject();
        foreach (var (name, text) in own) rest[name] = text;
        return rest.ToJsonString();
    }

    private static bool HasForm<T>(T part, JsonTypeInfo<T> type)
    {
        try
        {
            JsonSerializer.Serialize(part, type);
            return true;
        }
        catch (Exception error) when (error is NotSupportedException or JsonException)
        {
            return false;
        }
    }
}
