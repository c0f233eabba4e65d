using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>The data set that AutoAugment's operations were learnt on.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AutoAugmentPolicy>))]
public enum AutoAugmentPolicy
{
    /// <summary>ImageNet.</summary>
    [JsonStringEnumMemberName("imagenet")]
    ImageNet,

    /// <summary>CIFAR-10.</summary>
    [JsonStringEnumMemberName("cifar10")]
    Cifar10,

    /// <summary>The Street View House Numbers.</summary>
    [JsonStringEnumMemberName("svhn")]
    Svhn,
}
