using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Augmentations as JSON, under torchvision's names.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrainingTransform))]
[JsonSerializable(typeof(TransformMembers))]
[JsonSerializable(typeof(RandomResizedCrop))]
[JsonSerializable(typeof(RandomCrop))]
[JsonSerializable(typeof(RandomHorizontalFlip))]
[JsonSerializable(typeof(RandomVerticalFlip))]
[JsonSerializable(typeof(Resize))]
[JsonSerializable(typeof(CenterCrop))]
internal sealed partial class AugmentationJson : JsonSerializerContext;

/// <summary>The augmentations of images that a recipe can name.</summary>
internal sealed class ImageKinds() : KindConverter<ImageAugmentation>(
    "augmentation of images",
    augmentation => augmentation.Validate(),
    ("random_resized_crop", typeof(RandomResizedCrop)),
    ("random_crop", typeof(RandomCrop)),
    ("random_horizontal_flip", typeof(RandomHorizontalFlip)),
    ("random_vertical_flip", typeof(RandomVerticalFlip)),
    ("resize", typeof(Resize)),
    ("center_crop", typeof(CenterCrop)));

/// <summary>The augmentations of inputs that a recipe can name.</summary>
internal sealed class InputKinds() : KindConverter<InputAugmentation>(
    "augmentation of inputs",
    augmentation => augmentation.Validate());

/// <summary>The ways to mix a batch that a recipe can name.</summary>
internal sealed class MixingKinds() : KindConverter<BatchMixing>(
    "way to mix a batch",
    mixing => mixing.Validate());
