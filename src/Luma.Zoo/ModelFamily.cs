using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

/// <summary>Networks of one design.</summary>
/// <param name="Name">The family's name, such as <c>ResNet</c>.</param>
/// <param name="Variants">Its networks.</param>
public sealed record ModelFamily(string Name, IReadOnlyList<ModelVariant> Variants);

/// <summary>One network of the catalogue.</summary>
/// <param name="Id">Its id: torchvision's where torchvision has the network.</param>
/// <param name="Parameters">How many trainable numbers the default configuration has.</param>
/// <param name="InputShape">Channels, height and width of the image that it was made for.</param>
/// <param name="Build">Builds it.</param>
public sealed record ModelVariant(string Id, long Parameters, (int Channels, int Height, int Width) InputShape, Func<ModelOptions, Block> Build)
{
    /// <summary>What it is, in one line, with its source.</summary>
    public required string Description { get; init; }

    /// <summary>Further names that it answers to.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Whether <see cref="ModelConfig.Luma"/> is another network than the default.</summary>
    public bool HasLumaConfig { get; init; }

    /// <summary>
    /// Turns weights that were saved under other names or shapes into a network's, and answers with null where they need no turning.
    /// The weights are disposed of last.
    /// </summary>
    internal Func<StateDict, NeuralModule, StateDict?> AdaptWeights { get; init; } = (_, _) => null;

    /// <summary>Whether <see cref="ModelOptions.TransformInput"/> decides what the network computes, which no tensor tells.</summary>
    internal bool HasInputTransform { get; init; }

    /// <summary>What must be chosen about the network for published weights to fit, beside what a user has chosen.</summary>
    internal Func<ModelOptions, PublishedWeights, ModelOptions> FitOptions { get; init; } = (options, _) => options;
}

/// <summary>What may be chosen about any network; null is the network's own default.</summary>
public sealed record ModelOptions
{
    /// <summary>The number of classes.</summary>
    public long? NumClasses { get; init; }

    /// <summary>The number of channels of the input.</summary>
    public long? InChannels { get; init; }

    /// <summary>Which of the network's configurations.</summary>
    public ModelConfig Config { get; init; }

    /// <summary>The side of the images, for networks that are made for one: vision transformers.</summary>
    public int? ImageSize { get; init; }

    /// <summary>
    /// Whether weights stay in their file, mapped, and are read as they are used: the network is there at once, whatever its size. What
    /// it learns does not go into the file. A file that is replaced as a whole does no harm; one that somebody writes to changes the
    /// network, and one that is shortened ends the process. By default so for published weights, whose files in the cache are only ever
    /// replaced, and not for other files, which are read into memory.
    /// </summary>
    public bool? MapWeights { get; init; }

    /// <summary>
    /// Whether the network turns ImageNet's normalisation into that of TensorFlow, which torchvision's weights of GoogLeNet and Inception v3
    /// come from. By default what the weights are known for: published ones by their file, others by the metadata that this library writes.
    /// </summary>
    public bool? TransformInput { get; init; }
}

/// <summary>A named configuration of a network.</summary>
public enum ModelConfig
{
    /// <summary>What the paper's authors, or torchvision, shipped: pretrained weights fit.</summary>
    Default,

    /// <summary>The Luma neural package's: a bias in every convolution, and its figures to the digit.</summary>
    Luma,
}
