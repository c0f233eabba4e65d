using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Zoo.Models;

namespace Luma.Zoo.Weights;

/// <summary>What a network needs to know and no tensor tells: it travels in the metadata of the weights that are written.</summary>
internal static class NetworkFacts
{
    /// <summary>Said where nobody knows which images the weights were trained on.</summary>
    public const string UnknownTransform =
        "nothing tells whether these weights were trained on images normalised as TensorFlow does it, as torchvision's are; "
        + "they are taken not to be: say so with --transform-input true or false (in C#: TransformInput)";

    private const string TransformKey = "transform_input", ShortcutKey = "shortcut";

    /// <summary>What the shortcuts of residual networks are called in files and on the command line.</summary>
    public static IReadOnlyDictionary<string, ResNetShortcut> Shortcuts { get; } = new Dictionary<string, ResNetShortcut>
    {
        ["projection"] = ResNetShortcut.Projection,
        ["zero-padding"] = ResNetShortcut.ZeroPadding,
        ["zero-padding-around"] = ResNetShortcut.ZeroPaddingAround,
    }.AsReadOnly();

    /// <summary>The metadata of a network's weights.</summary>
    /// <param name="module">The network.</param>
    public static IReadOnlyDictionary<string, string> Of(nn.Module module) => module switch
    {
        GoogLeNet or InceptionV3 => new Dictionary<string, string>
        {
            [TransformKey] = module.named_children().Any(child => child.module is TransformInput) ? "true" : "false",
        },
        CifarResNet residual => new Dictionary<string, string> { [ShortcutKey] = NameOf(residual.Shortcut) },
        _ => new Dictionary<string, string>(),
    };

    /// <summary>The shortcuts of the network that weights are for; null where they do not say so.</summary>
    /// <param name="weights">The weights.</param>
    public static ResNetShortcut? Shortcut(StateDict weights) =>
        weights.Metadata.TryGetValue(ShortcutKey, out var text) && Shortcuts.TryGetValue(text, out var shortcut) ? shortcut : null;

    /// <summary>Whether the network that weights are for transforms its input; null where they do not say so.</summary>
    /// <param name="weights">The weights.</param>
    public static bool? TransformInput(StateDict weights) =>
        weights.Metadata.TryGetValue(TransformKey, out var text) && bool.TryParse(text, out var transform) ? transform : null;

    /// <summary>What is to be said where a network that is there already does not do what weights say of theirs.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">The weights.</param>
    public static IReadOnlyList<string> Contradictions(nn.Module network, StateDict weights) =>
        TransformInput(weights) is { } transform && Of(network).TryGetValue(TransformKey, out var actual) && bool.Parse(actual) != transform
            ? [$"the weights are for a network that {(transform ? "transforms" : "does not transform")} its input, and this one {(transform ? "does not" : "does")}"]
            : [];

    /// <summary>What was chosen about a network that is there: what a user chose, and what followed from its weights.</summary>
    /// <param name="network">The network.</param>
    /// <param name="chosen">What a user chose.</param>
    public static ModelOptions OptionsOf(NeuralModule network, ModelOptions chosen) => chosen with
    {
        NumClasses = ClassifierHead.CountClasses(network),
        ImageSize = (network as VisionTransformer)?.ImageSize ?? chosen.ImageSize,
        AuxiliaryHeads = (network as AuxiliaryNetwork)?.HasAuxiliaries ?? chosen.AuxiliaryHeads,
        TransformInput = Of(network).TryGetValue(TransformKey, out var transform) ? bool.Parse(transform) : chosen.TransformInput,
        Shortcut = (network as CifarResNet)?.Shortcut ?? chosen.Shortcut,
        MapWeights = null,
    };

    /// <summary>The metadata of weights with what is known of them: it goes into the files that are written.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="options">What is known of the network.</param>
    public static IReadOnlyDictionary<string, string> With(StateDict weights, ModelOptions options)
    {
        var facts = new Dictionary<string, string>(weights.Metadata);
        if (options.TransformInput is { } transform) facts[TransformKey] = transform ? "true" : "false";
        if (options.Shortcut is { } shortcut) facts[ShortcutKey] = NameOf(shortcut);
        return facts;
    }

    /// <summary>What shortcuts are called.</summary>
    public static string NameOf(ResNetShortcut shortcut) => Shortcuts.First(entry => entry.Value == shortcut).Key;

    /// <summary>The published weights that a file holds, by its bytes and whatever its name; null where it holds none.</summary>
    /// <param name="known">The published weights.</param>
    /// <param name="weights">The file, opened to be identified.</param>
    public static PublishedWeights? Identify(IReadOnlyList<PublishedWeights> known, StateDict weights) => weights.Hash is { } hash
        ? known.FirstOrDefault(published => published.HashPrefix is { } prefix && hash.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        : null;
}
