using System.Text.Json.Serialization;
using Luma.Neural.Blocks;

namespace Luma.Zoo;

/// <summary>What may be chosen about a network; null is the network's own default.</summary>
/// <remarks>Every network has classes and input channels. The rest only some have; a network refuses a choice that it does not have.</remarks>
public sealed record ModelOptions
{
    /// <summary>The number of classes.</summary>
    public long? NumClasses { get; init; }

    /// <summary>The number of channels of the input.</summary>
    public long? InChannels { get; init; }

    /// <summary>Which of the network's configurations.</summary>
    public ModelConfig Config { get; init; }

    /// <summary>The side of the images in pixels, for networks that are made for one size.</summary>
    public int? ImageSize { get; init; }

    /// <summary>The probability of dropout.</summary>
    public double? Dropout { get; init; }

    /// <summary>The probability that an attention weight is dropped, or in MaxViT an output of attention.</summary>
    public double? AttentionDropout { get; init; }

    /// <summary>The probability that the last block's branch is left out in training; the blocks before it get less in proportion.</summary>
    public double? StochasticDepth { get; init; }

    /// <summary>
    /// Whether there are auxiliary heads, which help training: Szegedy et al., "Going Deeper with Convolutions" (2014), section 5. By default
    /// a network with weights from a file has them if the file has. As in torchvision, <c>inception_v3</c> has its head and
    /// <c>googlenet</c> has its two, unless it is loaded with published weights.
    /// </summary>
    public bool? AuxiliaryHeads { get; init; }

    /// <summary>
    /// Whether the network turns ImageNet's normalisation of its input into TensorFlow's, where its weights come from: <c>googlenet</c> and
    /// <c>inception_v3</c> with torchvision's published weights.
    /// </summary>
    public bool? TransformInput { get; init; }

    /// <summary>The shortcuts of a residual network where the shape changes.</summary>
    public ResNetShortcut? Shortcut { get; init; }

    /// <summary>
    /// Whether weights stay in their file, mapped, and are read as they are used: the network is there at once, whatever its size. What
    /// it learns does not go into the file, but a file that somebody rewrites in place changes or breaks the network. By default so for
    /// published weights, whose files in the cache nobody rewrites, and not for other files.
    /// </summary>
    public bool? MapWeights { get; init; }

    /// <summary>These choices, and another's where there are none.</summary>
    /// <param name="other">The other's.</param>
    internal ModelOptions Or(ModelOptions other) => new()
    {
        NumClasses = NumClasses ?? other.NumClasses,
        InChannels = InChannels ?? other.InChannels,
        Config = Config == ModelConfig.Default ? other.Config : Config,
        ImageSize = ImageSize ?? other.ImageSize,
        Dropout = Dropout ?? other.Dropout,
        AttentionDropout = AttentionDropout ?? other.AttentionDropout,
        StochasticDepth = StochasticDepth ?? other.StochasticDepth,
        AuxiliaryHeads = AuxiliaryHeads ?? other.AuxiliaryHeads,
        TransformInput = TransformInput ?? other.TransformInput,
        Shortcut = Shortcut ?? other.Shortcut,
        MapWeights = MapWeights ?? other.MapWeights,
    };

    /// <summary>Checks what was chosen about a network.</summary>
    /// <param name="options">What was chosen, or null for nothing.</param>
    /// <param name="network">The network's name, for the message.</param>
    /// <param name="has">The names of the choices that the network has beside classes and input channels.</param>
    /// <returns>The options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are no classes or no channels, or a probability does not lie between 0 and 1.</exception>
    /// <exception cref="ModelOptionException">The network does not have what was chosen.</exception>
    internal static ModelOptions For(ModelOptions? options, string network, params ReadOnlySpan<string> has)
    {
        options ??= new();
        if (options.NumClasses < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.NumClasses, "A network needs at least one class.");
        if (options.InChannels < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.InChannels, "A network needs at least one input channel.");

        if (!Enum.IsDefined(options.Config))
            throw new ArgumentOutOfRangeException(nameof(options), options.Config, "There is no such configuration.");
        if (options.Shortcut is { } shortcut && !Enum.IsDefined(shortcut))
            throw new ArgumentOutOfRangeException(nameof(options), shortcut, "There is no such shortcut.");

        foreach (var (choice, isChosen, lacks) in options.Choices())
        {
            if (isChosen && !has.Contains(choice)) throw new ModelOptionException(network, lacks, choice);
        }

        foreach (var (choice, probability) in options.Probabilities())
        {
            if (probability is not (null or (>= 0 and <= 1)))
                throw new ArgumentOutOfRangeException(nameof(options), probability, $"{choice} is a probability: it must lie between 0 and 1.");
        }
        return options;
    }

    private (string Choice, double? Probability)[] Probabilities() =>
        [(nameof(Dropout), Dropout), (nameof(AttentionDropout), AttentionDropout), (nameof(StochasticDepth), StochasticDepth)];

    // Each choice, whether it was made, and what a network without it is told.
    private (string Choice, bool IsChosen, string Lacks)[] Choices() =>
    [
        (nameof(Config), Config != ModelConfig.Default, "has no Luma configuration"),
        (nameof(ImageSize), ImageSize is not null, "is not made for one image size"),
        (nameof(Dropout), Dropout is not null, "has no dropout"),
        (nameof(AttentionDropout), AttentionDropout is not null, "has no dropout of attention"),
        (nameof(StochasticDepth), StochasticDepth is not null, "has no stochastic depth"),
        (nameof(AuxiliaryHeads), AuxiliaryHeads is not null, "has no auxiliary heads"),
        (nameof(TransformInput), TransformInput is not null, "does not transform its input"),
        (nameof(Shortcut), Shortcut is not null, "has no choice of shortcuts"),
    ];
}

/// <summary>A network does not have what was chosen about it.</summary>
/// <param name="network">The network's name or id.</param>
/// <param name="lacks">What it does not have, as a sentence goes on.</param>
/// <param name="choice">The choice: the name of a property of <see cref="ModelOptions"/>.</param>
public sealed class ModelOptionException(string network, string lacks, string choice) : ArgumentException(message: null, "options")
{
    /// <summary>What the network does not have, without the choice's name: <c>resnet50 has no auxiliary heads</c>.</summary>
    public string Reason => $"{network} {lacks}";

    /// <summary>The choice: the name of a property of <see cref="ModelOptions"/>.</summary>
    public string Choice => choice;

    /// <inheritdoc/>
    public override string Message => $"{Reason} ({choice}).";

    /// <summary>The same of a network that is known by an id.</summary>
    internal ModelOptionException Of(string id) => new(id, lacks, choice);
}

/// <summary>A named configuration of a network.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelConfig>))]
public enum ModelConfig
{
    /// <summary>What the paper's authors, or torchvision, shipped: pretrained weights fit.</summary>
    [JsonStringEnumMemberName("default")]
    Default,

    /// <summary>The Luma neural package's: a bias in every convolution, and its figures to the digit.</summary>
    [JsonStringEnumMemberName("luma")]
    Luma,
}
