using System.Text.Json.Serialization;

namespace Luma.Zoo.Inference;

/// <summary>How a network's outputs become probabilities.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClassificationTask>))]
public enum ClassificationTask
{
    /// <summary>An image shows one class of many: softmax, and the probabilities of an image add up to 1.</summary>
    [JsonStringEnumMemberName("single-label")]
    SingleLabel,

    /// <summary>An image may show several classes at once, or none: a sigmoid of each output by itself.</summary>
    [JsonStringEnumMemberName("multi-label")]
    MultiLabel,
}
