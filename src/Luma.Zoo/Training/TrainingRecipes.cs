using Luma.Zoo.Images;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>Recipes to begin with.</summary>
public static class TrainingRecipes
{
    // Below this no crop is worth a part of an image.
    private const int SmallImage = 96;

    private static readonly TrainingOptions Digits = new()
    {
        Epochs = 25,
        BatchSize = 64,
        Optimizer = new Optimizer.Sgd { LearningRate = 0.05, Momentum = 0.9, Nesterov = true, WeightDecay = 1e-4 },
        Schedule = new LearningRateSchedule.Cosine(),
        Transform = new TrainingTransform { Inputs = [new DigitDistortion()] },
    };

    /// <summary>The recipe for a network, after the papers and torchvision's reference trainings, for small data sets.</summary>
    /// <param name="modelId">The network's id, such as <c>resnet50</c>.</param>
    /// <param name="pretrained">Whether it begins with weights that have learnt something.</param>
    /// <returns>Its recipe; change with <c>with</c> what is to differ.</returns>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    public static TrainingOptions For(string modelId, bool pretrained = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelId);
        var (family, variant) = ModelZoo.Find(modelId);
        var recipe = KindOf(family.Name) switch
        {
            Kind.Digits => Digits,
            Kind.Transformer => new TrainingOptions
            {
                Optimizer = new Optimizer.Adam { Decoupled = true, LearningRate = pretrained ? 1e-4 : 5e-4, WeightDecay = 0.05 },
                DecayNormsAndBiases = false,
                ClipNorm = 1,
                LayerDecay = pretrained ? 0.8 : 1,
            },
            // Without batch norm large steps blow up.
            Kind.Plain => new TrainingOptions
            {
                Optimizer = new Optimizer.Sgd { LearningRate = pretrained ? 0.001 : 0.01, Momentum = 0.9, WeightDecay = 5e-4 },
                ClipNorm = 5,
            },
            _ => new TrainingOptions { Optimizer = new Optimizer.Sgd { LearningRate = pretrained ? 0.01 : 0.05, Momentum = 0.9, Nesterov = true, WeightDecay = pretrained ? 1e-4 : 5e-4 } },
        };
        if (!ReferenceEquals(recipe, Digits)) recipe = recipe with { Epochs = pretrained ? 10 : 30, Warmup = new(Epochs: 1) };
        return variant.Id == "inception_v3" ? recipe with { AuxiliaryWeight = 0.4 } : recipe;
    }

    /// <summary>How images are changed at random by default: as torchvision's reference training does, and small ones by moving them a little.</summary>
    /// <param name="preset">What makes an image into the network's input.</param>
    /// <param name="data">Where the images are: digits are not flipped.</param>
    internal static TrainingTransform TransformFor(ImagePreset preset, string data)
    {
        if (Math.Min(preset.CropSize[0], preset.CropSize[^1]) >= SmallImage && !MnistDataset.IsIn(data)) return TrainingTransform.ImageNet(preset);

        var size = new ImageSize(preset.CropSize[0], preset.CropSize[^1]);
        var moved = new RandomCrop { Size = size, Padding = Math.Max(1, Math.Min(preset.CropSize[0], preset.CropSize[^1]) / 8) };
        ImageAugmentation resized = new Resize { Size = size, Interpolation = preset.Interpolation };
        return new() { Images = MnistDataset.IsIn(data) ? [resized, moved] : [resized, moved, new RandomHorizontalFlip()] };
    }

    private static Kind KindOf(string family) => family switch
    {
        "LeNet" => Kind.Digits,
        "Vision Transformer" or "Swin Transformer" or "MaxViT" or "ConvNeXt" => Kind.Transformer,
        "AlexNet" or "VGG" or "SqueezeNet" or "NiN" => Kind.Plain,
        _ => Kind.Normed,
    };

    private enum Kind
    {
        Digits,
        Plain,
        Normed,
        Transformer,
    }
}
