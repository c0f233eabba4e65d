using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>The augmentations that choose among many operations.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AutomaticAugmentation>))]
public enum AutomaticAugmentation
{
    /// <summary>None.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary><see cref="Augmentation.AutoAugment"/>, as learnt on ImageNet.</summary>
    [JsonStringEnumMemberName("auto_augment")]
    AutoAugment,

    /// <summary><see cref="Augmentation.RandAugment"/>.</summary>
    [JsonStringEnumMemberName("rand_augment")]
    RandAugment,

    /// <summary><see cref="Augmentation.TrivialAugmentWide"/>.</summary>
    [JsonStringEnumMemberName("trivial_augment_wide")]
    TrivialAugmentWide,
}
