using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Neural.Native;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>What turns an image into a network's input while it learns, with randomness of its own for each sample and epoch.</summary>
[JsonConverter(typeof(TrainingTransformConverter))]
public sealed record TrainingTransform
{
    /// <summary>What is done to the decoded image, in this order.</summary>
    public IReadOnlyList<ImageAugmentation> Images { get; init; } = [];

    /// <summary>What is then done to the network's input, in this order.</summary>
    public IReadOnlyList<InputAugmentation> Inputs { get; init; } = [];

    /// <summary>The ways to mix a batch, one of which is drawn for each.</summary>
    public IReadOnlyList<BatchMixing> Mixing { get; init; } = [];

    /// <summary>How likely a batch is mixed, from 0 to 1.</summary>
    public double MixingProbability { get; init; } = 1;

    /// <summary>What torchvision's reference training for ImageNet does: crop at random, resize, flip half of the images.</summary>
    /// <param name="preset">The network's transform, which says how large its images are and how they are resized.</param>
    /// <param name="automatic">An automatic augmentation after that, with torchvision's defaults.</param>
    /// <param name="erasing">How likely a part of the input is then erased, from 0 to 1.</param>
    /// <returns>The transform.</returns>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public static TrainingTransform ImageNet(ImagePreset preset, AutomaticAugmentation automatic = AutomaticAugmentation.None, double erasing = 0)
    {
        ArgumentNullException.ThrowIfNull(preset);
        Limits.Probability(erasing, nameof(erasing));
        var interpolation = preset.Interpolation;
        ImageAugmentation? after = automatic switch
        {
            AutomaticAugmentation.None => null,
            AutomaticAugmentation.AutoAugment => new AutoAugment { Interpolation = interpolation },
            AutomaticAugmentation.RandAugment => new RandAugment { Interpolation = interpolation },
            AutomaticAugmentation.TrivialAugmentWide => new TrivialAugmentWide { Interpolation = interpolation },
            _ => throw new ArgumentException($"There is no automatic augmentation {automatic}.", nameof(automatic)),
        };
        var crop = new RandomResizedCrop { Size = new(preset.CropSize[0], preset.CropSize[^1]), Interpolation = interpolation };
        return new TrainingTransform
        {
            Images = after is null ? [crop, new RandomHorizontalFlip()] : [crop, new RandomHorizontalFlip(), after],
            Inputs = erasing > 0 ? [new RandomErasing { Probability = erasing }] : [],
        };
    }

    /// <summary>What is usual for small pictures such as CIFAR's: move them by cropping with a border, and flip half of them.</summary>
    /// <param name="size">Height and width of the pictures.</param>
    /// <param name="padding">How wide the black border is, in pixels.</param>
    /// <returns>The transform.</returns>
    /// <remarks>He et al., "Deep Residual Learning for Image Recognition" (2015), section 4.2.</remarks>
    public static TrainingTransform Cifar(int size, int padding = 4) => new()
    {
        Images = [new RandomCrop { Size = size, Padding = padding }, new RandomHorizontalFlip()],
    };

    /// <summary>Reads a transform.</summary>
    /// <param name="json">A JSON object.</param>
    /// <returns>The transform.</returns>
    /// <exception cref="JsonException">The text is not JSON, or not a transform; or a value makes no sense.</exception>
    public static TrainingTransform FromJson(string json) =>
        JsonSerializer.Deserialize(json, AugmentationJson.Default.TrainingTransform) ?? throw new JsonException("expected a transform, got null");

    /// <summary>Writes the transform.</summary>
    /// <returns>A JSON object.</returns>
    /// <exception cref="JsonException">A part is of a type that is not from here.</exception>
    public string ToJson() => JsonSerializer.Serialize(this, AugmentationJson.Default.TrainingTransform);

    /// <summary>Why it is not for an input with so many channels, or null.</summary>
    internal string? ProblemWith(long channels) => Inputs.Select(part => part.ProblemWith(channels)).FirstOrDefault(problem => problem is not null);

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentException">A part is null, or a value is out of its range; the exception names it.</exception>
    public void Validate()
    {
        foreach (var part in Parts(Images, nameof(Images))) part.Validate();
        foreach (var part in Parts(Inputs, nameof(Inputs))) part.Validate();
        foreach (var part in Parts(Mixing, nameof(Mixing))) part.Validate();
        Limits.Probability(MixingProbability, nameof(MixingProbability));

        static IReadOnlyList<T> Parts<T>(IReadOnlyList<T> parts, string name) =>
            parts is not null && parts.All(part => part is not null) ? parts : throw new ArgumentException("The list or a part of it is null.", name);
    }

    /// <summary>Turns an image into the network's input.</summary>
    /// <param name="image">The image, which stays as it is.</param>
    /// <param name="preset">
    /// The network's transform. An image that has the network's size after <see cref="Images"/> is only normalised, any other gets all of it.
    /// </param>
    /// <param name="random">What all randomness is drawn from.</param>
    /// <returns>32-bit floats <c>(C, H, W)</c> on the CPU, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">A value of the preset or of the transform makes no sense.</exception>
    /// <exception cref="ImageException">The image cannot be cut or resized.</exception>
    public Tensor Apply(DecodedImage image, ImagePreset preset, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(random);
        preset.Validate();
        Validate();
        NativeLibraries.EnsureLoaded();
        return Augmented(image, Images, preset, random);
    }

    /// <summary>What comes first, where that cuts out a part of the image; null otherwise. No more than that part is needed then.</summary>
    internal RandomResizedCrop? Crop => Images is [RandomResizedCrop crop, ..] ? crop : null;

    /// <summary>Writes what <see cref="Apply"/> gives where a batch wants it; transform and preset must be valid.</summary>
    internal void Write(DecodedImage image, ImagePreset preset, SampleRandom random, Span<float> floats) => Write(image, Images, preset, random, floats);

    /// <summary>The same, where there is a <see cref="Crop"/>, and no more than what it draws may be there of the image.</summary>
    internal void Write(PixelView image, ImagePreset preset, SampleRandom random, Span<float> floats) =>
        Write(Crop!.Apply(image, random), Images.Skip(1), preset, random, floats);

    private void Write(DecodedImage image, IEnumerable<ImageAugmentation> images, ImagePreset preset, SampleRandom random, Span<float> floats)
    {
        if (Inputs.Count == 0)
        {
            WriteImage(image, images, preset, random, floats);
            return;
        }

        using var scope = NewDisposeScope();
        using var ungraded = no_grad();
        MemoryMarshal.Cast<byte, float>(Augmented(image, images, preset, random).contiguous().bytes).CopyTo(floats);
    }

    /// <summary>Changes an image that is a network's input already; the transform must be valid.</summary>
    /// <param name="floats">The input, which is changed.</param>
    /// <param name="shape">Its shape, <c>[C, H, W]</c>.</param>
    /// <param name="random">What all randomness is drawn from.</param>
    internal void ChangeInput(Span<float> floats, long[] shape, SampleRandom random)
    {
        if (Inputs.Count == 0) return;

        using var scope = NewDisposeScope();
        using var ungraded = no_grad();
        var input = empty(shape, ScalarType.Float32);
        floats.CopyTo(MemoryMarshal.Cast<byte, float>(input.bytes));
        foreach (var part in Inputs) input = part.Apply(input, random);
        MemoryMarshal.Cast<byte, float>(input.contiguous().bytes).CopyTo(floats);
    }

    /// <summary>Mixes a batch in one of the ways, or not at all.</summary>
    /// <param name="inputs">The images as the network takes them: <c>(N, C, H, W)</c>.</param>
    /// <param name="targets">What each image is of each class, from 0 to 1: <c>(N, K)</c>.</param>
    /// <param name="random">What all randomness is drawn from.</param>
    /// <returns>The mixed images and targets in the caller's dispose scope, or those that were given.</returns>
    public (Tensor Inputs, Tensor Targets) Mix(Tensor inputs, Tensor targets, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Mixing.Count > 0 && random.Happens(MixingProbability)
            ? Mixing[random.Next(Mixing.Count)].Apply(inputs, targets, random)
            : (inputs, targets);
    }

    /// <inheritdoc/>
    public bool Equals(TrainingTransform? other) =>
        other is not null && MixingProbability.Equals(other.MixingProbability) && Images.SequenceEqual(other.Images)
        && Inputs.SequenceEqual(other.Inputs) && Mixing.SequenceEqual(other.Mixing);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var part in Images) hash.Add(part);
        foreach (var part in Inputs) hash.Add(part);
        foreach (var part in Mixing) hash.Add(part);
        hash.Add(MixingProbability);
        return hash.ToHashCode();
    }

    private Tensor Augmented(DecodedImage image, IEnumerable<ImageAugmentation> images, ImagePreset preset, SampleRandom random)
    {
        using var scope = NewDisposeScope();
        var input = empty(preset.GetInputShape(), ScalarType.Float32);
        WriteImage(image, images, preset, random, MemoryMarshal.Cast<byte, float>(input.bytes));
        foreach (var part in Inputs) input = part.Apply(input, random);
        return input.MoveToOuterDisposeScope();
    }

    private static void WriteImage(DecodedImage image, IEnumerable<ImageAugmentation> images, ImagePreset preset, SampleRandom random, Span<float> floats)
    {
        foreach (var part in images) image = part.Apply(image, random);
        if (preset.HasSize(image)) preset.WriteNormalised(image, floats);
        else preset.Write(image, floats);
    }
}
