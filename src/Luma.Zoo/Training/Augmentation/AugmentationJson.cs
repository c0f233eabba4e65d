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
[JsonSerializable(typeof(ColorJitter))]
[JsonSerializable(typeof(RandomGrayscale))]
[JsonSerializable(typeof(RandomRotation))]
[JsonSerializable(typeof(RandomAffine))]
[JsonSerializable(typeof(RandAugment))]
[JsonSerializable(typeof(TrivialAugmentWide))]
[JsonSerializable(typeof(AutoAugment))]
[JsonSerializable(typeof(RandomErasing))]
[JsonSerializable(typeof(DigitDistortion))]
[JsonSerializable(typeof(MixUp))]
[JsonSerializable(typeof(CutMix))]
internal sealed partial class AugmentationJson : JsonSerializerContext;

/// <summary>The augmentations of images that a recipe can name.</summary>
internal sealed class ImageKinds() : KindConverter<ImageAugmentation>(
    "augmentation of images",
    augmentation => augmentation.Validate(),
    ("random_resized_crop", new RandomResizedCrop { Size = 1 }),
    ("random_crop", new RandomCrop { Size = 1 }),
    ("random_horizontal_flip", new RandomHorizontalFlip()),
    ("random_vertical_flip", new RandomVerticalFlip()),
    ("resize", new Resize { Size = 1 }),
    ("center_crop", new CenterCrop { Size = 1 }),
    ("color_jitter", new ColorJitter()),
    ("random_grayscale", new RandomGrayscale()),
    ("random_rotation", new RandomRotation { Degrees = default }),
    ("random_affine", new RandomAffine { Degrees = default }),
    ("rand_augment", new RandAugment()),
    ("trivial_augment_wide", new TrivialAugmentWide()),
    ("auto_augment", new AutoAugment()));

/// <summary>The augmentations of inputs that a recipe can name.</summary>
internal sealed class InputKinds() : KindConverter<InputAugmentation>(
    "augmentation of inputs",
    augmentation => augmentation.Validate(),
    ("random_erasing", new RandomErasing()),
    ("digit_distortion", new DigitDistortion()));

/// <summary>The ways to mix a batch that a recipe can name.</summary>
internal sealed class MixingKinds() : KindConverter<BatchMixing>(
    "way to mix a batch",
    mixing => mixing.Validate(),
    ("mix_up", new MixUp()),
    ("cut_mix", new CutMix()));
