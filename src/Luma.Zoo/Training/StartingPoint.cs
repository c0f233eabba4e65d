using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Training;

/// <summary>The network that a run begins with.</summary>
/// <param name="Network">The network, which is the caller's.</param>
/// <param name="Manifest">What will be known of the model, but for what is measured.</param>
/// <param name="IsPretrained">Whether it begins with weights that have learnt something.</param>
/// <param name="Notes">What was taken of the weights.</param>
internal sealed record StartingPoint(Block Network, ModelManifest Manifest, bool IsPretrained, IReadOnlyList<string> Notes)
{
    private const string NoWeights = "none";

    /// <summary>The names of the classes that a model has; null where nothing says them.</summary>
    public static IReadOnlyList<string>? ClassesOf(ModelSource source) => source.Folder?.Manifest.Classes;

    /// <summary>Whether a model begins with fresh weights.</summary>
    public static bool IsFresh(ModelSource source) => source.Folder is null
        && (source.Weights == NoWeights || (source.Weights is null && ModelZoo.FindWeights(source.Variant.Id, ModelZoo.DefaultWeights) is null));

    /// <summary>What makes an image into a model's input.</summary>
    public static Images.ImagePreset PresetOf(ModelSource source, ClassifierOptions options) =>
        ModelZoo.PresetOf(source, KnownWeights(source), network: null, options).Preset;

    /// <summary>Builds the network.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">What is to be otherwise than as it comes with the model.</param>
    /// <param name="classes">The names of the classes that it is to know.</param>
    /// <param name="task">Whether an image has one class of many or several at once.</param>
    /// <param name="seed">What fresh weights are drawn from.</param>
    public static StartingPoint Make(
        ModelSource source, ClassifierOptions options, IReadOnlyList<string> classes, Inference.ClassificationTask task, int seed)
    {
        manual_seed(seed);
        var id = source.Variant.Id;
        var chosen = source.Choose(options.Network) with { NumClasses = classes.Count };
        var isFresh = IsFresh(source);
        var known = KnownWeights(source);
        var (preset, isGuessed) = ModelZoo.PresetOf(source, known, network: null, options);

        List<string> notes = [];
        Block network;
        if (isFresh)
        {
            network = source.Variant.Build(chosen with { InChannels = chosen.InChannels ?? preset.Channels });
            notes.Add("the weights are fresh");
        }
        else
        {
            // Other classes with the same number would fit, and mean something else.
            var before = ClassesOf(source) ?? (known?.Labels is { } set ? Inference.Labels.Get(set) : null);
            var newHead = before is not null && !before.SequenceEqual(classes, StringComparer.Ordinal);
            network = ModelZoo.CreateForTraining(source, chosen, options, newHead, out var report);
            notes.AddRange(report.Warnings);
            notes.Add(report.Fresh.Count > 0
                ? $"the head is fresh ({string.Join(", ", report.Fresh)}), and all else has the weights of {source.Folder?.Path ?? $"{id}:{known?.Name ?? source.Weights}"}"
                : "the head knows these classes already, and is kept");
            if (isGuessed) notes.Add($"nothing tells how images are to be prepared for these weights; the network's usual preset is taken ({preset})");
        }

        try
        {
            if (ClassifierHead.CountChannels(network) is { } channels && channels != preset.Channels)
                throw new ArgumentException($"The preset has {preset.Channels} channels, but the network takes {channels}.", nameof(options));
            if (options.Device is { } device) network.to(device);
            var manifest = new ModelManifest
            {
                Model = id,
                Options = NetworkFacts.OptionsOf(network, chosen),
                Task = task,
                Classes = classes,
                Preset = preset,
                Provenance = Provenance(source, known, isFresh),
            };
            return new(network.ToChannelsLast(), manifest, !isFresh, notes);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static PublishedWeights? KnownWeights(ModelSource source) =>
        IsFresh(source) || source.Folder is not null ? null : ModelZoo.FindKnown(source.Variant.Id, source.Weights ?? ModelZoo.DefaultWeights);

    private static Dictionary<string, string> Provenance(ModelSource source, PublishedWeights? known, bool isFresh)
    {
        Dictionary<string, string> facts = [];
        if (isFresh) return facts;
        facts["fine_tuned_from"] = source.Folder is { } folder ? folder.Manifest.Provenance.GetValueOrDefault("weights") ?? folder.Path
            : known is not null ? $"{known.Model}:{known.Name}" : source.Weights!;
        if ((source.Folder?.Manifest.Provenance.GetValueOrDefault("license") ?? known?.License) is { } license) facts["license"] = license;
        return facts;
    }
}
