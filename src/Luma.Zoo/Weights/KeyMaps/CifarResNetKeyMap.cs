using Luma.Neural;
using Luma.Neural.Blocks;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// The best-known PyTorch weights of the CIFAR networks (Yerlan Idelbayev's "Proper ResNet Implementation for CIFAR10/CIFAR100 in
/// PyTorch") call the last layer <c>linear</c>, and pad the shortcuts' new channels half in front and half behind.
/// </summary>
internal sealed class CifarResNetKeyMap : KeyMap
{
    private const string TheirHead = "linear.", TheirProjection = ".shortcut.";

    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id) => AreTheirs(weights)
        ? weights.Rename(name => name.StartsWith(TheirHead, StringComparison.Ordinal)
            ? $"fc.{name[TheirHead.Length..]}"
            : name.Replace(TheirProjection, ".downsample.", StringComparison.Ordinal))
        : null;

    /// <inheritdoc/>
    public override ModelOptions Fit(ModelOptions options, StateDict? weights, PublishedWeights? published)
    {
        if (options.Shortcut is not null || weights is null) return options;
        if (NetworkFacts.Shortcut(weights) is { } written) return options with { Shortcut = written };

        // Projections show by their weights, also under our names.
        if (weights.Names.Any(name => name.Contains(".downsample.", StringComparison.Ordinal))) return options with { Shortcut = ResNetShortcut.Projection };
        if (!AreTheirs(weights)) return options;

        var projects = weights.Names.Any(name => name.Contains(TheirProjection, StringComparison.Ordinal));
        return options with { Shortcut = projects ? ResNetShortcut.Projection : ResNetShortcut.ZeroPaddingAround };
    }

    private static bool AreTheirs(StateDict weights) => weights.Contains($"{TheirHead}weight") && !weights.Contains("fc.weight");
}
