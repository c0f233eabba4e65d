using System.Text.Json.Serialization;
using Luma.Neural.Operations;

namespace Luma.Zoo.Training;

/// <summary>In which type the convolutions and matrix products of a training are computed. Weights, gradients and the loss have 32 bits in any case.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TrainingPrecision>))]
public enum TrainingPrecision
{
    /// <summary>All in 32 bits.</summary>
    [JsonStringEnumMemberName("float32")]
    Float32,

    /// <summary>In bfloat16, as <c>torch.autocast</c> has it; see <see cref="MixedPrecision"/>.</summary>
    [JsonStringEnumMemberName("bfloat16")]
    BFloat16,

    /// <summary>
    /// In whichever of the two is faster for this network on this machine: a few steps of each are tried in the beginning. A training that goes on
    /// from a checkpoint stays with what was chosen then.
    /// </summary>
    [JsonStringEnumMemberName("auto")]
    Auto,
}
