using System.Globalization;
using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Models;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

/// <summary>The catalogue: which networks there are, and how to get one by its id.</summary>
public static class ModelZoo
{
    /// <summary>The families, in the order of their years.</summary>
    public static IReadOnlyList<ModelFamily> Families { get; } =
    [
        LeNet.Family,
        AlexNetDesign.Family,
        NetworkInNetwork.Family,
        VGGNet.Family,
        InceptionNet.Family,
        GoogLeNet.Family,
        ResNet.Family,
        InceptionV3.Family,
        ResNet.WideFamily,
        PreActivationResNet.Family,
        InceptionNet.ResidualFamily,
        SqueezeNet.Family,
        ResNet.NextFamily,
        DenseNet.Family,
        MobileNetV1.Family,
        ShuffleNetV2.Family,
        MobileNetV2.Family,
        MnasNet.Family,
        MobileNetV3.Family,
        EfficientNet.Family,
        AnyNet.Family,
        VisionTransformer.Family,
        SwinTransformer.Family,
        ConvNeXt.Family,
        MaxVit.Family,
        EfficientNet.V2Family,
    ];

    /// <summary>Stands for the weights that a network gets where it is to have published ones and no name is given.</summary>
    public const string DefaultWeights = "DEFAULT";

    private static readonly Dictionary<string, (ModelFamily Family, ModelVariant Variant)> ByName = Index();

    // Read when first asked for: building a network from scratch needs no manifest.
    private static readonly Lazy<ILookup<string, PublishedWeights>> Published = new(() =>
        PublishedWeights.ReadAll().OrderByDescending(weights => weights.IsDefault).ToLookup(weights => weights.Model));

    /// <summary>Every network.</summary>
    public static IEnumerable<ModelVariant> Models => Families.SelectMany(family => family.Variants);

    /// <summary>Finds a network.</summary>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <returns>The network and its family.</returns>
    /// <exception cref="UnknownModelException">There is no such network; the message names the nearest.</exception>
    public static (ModelFamily Family, ModelVariant Variant) Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return ByName.TryGetValue(id, out var found) ? found : throw new UnknownModelException(id, NearestNames.To(id, ByName.Keys));
    }

    /// <summary>The weights that have been published for a network, the default ones first.</summary>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <returns>The weights; none where nobody has published any.</returns>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    public static IReadOnlyList<PublishedWeights> Weights(string id) => Published.Value[Find(id).Variant.Id].ToList();

    /// <summary>Fetches weights for a network into PyTorch's cache, unless they are there.</summary>
    /// <param name="id">The network's id or one of its aliases, in any case.</param>
    /// <param name="weights">The name of published weights, or <see cref="DefaultWeights"/>; a path of a weight file needs no fetching.</param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <param name="progress">Is told how far the download has come, if there is one.</param>
    /// <param name="cancellationToken">Stops the download; what has come so far is kept for the next time.</param>
    /// <returns>The path of the file, or null where the assembly carries the weights.</returns>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="FileNotFoundException">There are neither published weights of that name nor such a file.</exception>
    /// <exception cref="DownloadException">The file could not be fetched.</exception>
    /// <exception cref="OperationCanceledException">The download was stopped.</exception>
    public static async Task<string?> DownloadAsync(
        string id, string weights = DefaultWeights, Hub? hub = null, IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (FindWeights(id, weights) is { } published)
            return await published.DownloadAsync(hub, progress, cancellationToken).ConfigureAwait(false);

        return Path.Exists(weights) ? weights : throw NoSuchWeights(id, weights);
    }

    /// <summary>Opens weights for a network, and waits for their download where they have to be fetched.</summary>
    /// <param name="id">The network's id or one of its aliases, in any case.</param>
    /// <param name="weights">
    /// The name of published weights, <see cref="DefaultWeights"/>, or the path of a weight file, of its index, or of a folder that has
    /// either. Of a file with several sets of weights the one is taken that fits the network.
    /// </param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <param name="file">How a file is opened.</param>
    /// <returns>The tensors; dispose of them.</returns>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="FileNotFoundException">There are neither published weights of that name nor such a file.</exception>
    /// <exception cref="DownloadException">The file could not be fetched.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged.</exception>
    public static StateDict OpenWeights(string id, string weights, Hub? hub = null, WeightFileOptions? file = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var variant = Find(id).Variant;
        if (FindWeights(id, weights) is { } published) return published.Open(hub, file);
        if (!Path.Exists(weights)) throw NoSuchWeights(id, weights);

        using var fit = new NetworkFit(variant);
        return StateDict.Open(weights, file, fit.Accepts);
    }

    /// <summary>Builds a network.</summary>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <param name="numClasses">The number of classes; the network's own by default.</param>
    /// <param name="inChannels">The number of channels of the input; the network's own by default.</param>
    /// <param name="config">Which of its configurations.</param>
    /// <param name="weights">
    /// The weights: the name of published ones, <see cref="DefaultWeights"/>, or the path of a weight file. By default fresh ones,
    /// drawn from torch's generator as PyTorch draws them.
    /// </param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <returns>The network, in training mode as PyTorch's are.</returns>
    /// <inheritdoc cref="Create(string, ModelOptions, string?, Hub?)"/>
    public static Block Create(
        string id, long? numClasses = null, long? inChannels = null, ModelConfig config = ModelConfig.Default, string? weights = null,
        Hub? hub = null) =>
        Create(id, new ModelOptions { NumClasses = numClasses, InChannels = inChannels, Config = config }, weights, hub);

    /// <summary>Builds a network.</summary>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <param name="options">What is chosen about it.</param>
    /// <param name="weights">
    /// The weights: the name of published ones, <see cref="DefaultWeights"/>, or the path of a weight file. By default fresh ones,
    /// drawn from torch's generator as PyTorch draws them.
    /// </param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <returns>The network, in training mode as PyTorch's are.</returns>
    /// <remarks>
    /// Published weights that are not on this machine are fetched first; <see cref="DownloadAsync"/> does that with progress and
    /// cancellation. Where <see cref="ModelOptions.NumClasses"/> is not given, it is that of the weights. Where it is given and the weights are for other classes, or have none, the head
    /// is drawn afresh and everything else is loaded: this is how a network is fine-tuned.
    /// </remarks>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    /// <exception cref="FileNotFoundException">There are neither published weights of that name nor such a file.</exception>
    /// <exception cref="DownloadException">The weights could not be fetched.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged.</exception>
    /// <exception cref="WeightMismatchException">The weights are another network's.</exception>
    /// <exception cref="DifferentNetworkException">The weights are timm's for a network that computes something else.</exception>
    public static Block Create(string id, ModelOptions options, string? weights = null, Hub? hub = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var variant = Find(id).Variant;
        return weights is null ? variant.Build(options) : CreateLoaded(variant, options, weights, hub, how: null, freshHead: true, out _);
    }

    /// <summary>Builds a network with weights, and says what was loaded.</summary>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <param name="options">What is chosen about it.</param>
    /// <param name="weights">The name of published weights, <see cref="DefaultWeights"/>, or the path of a weight file.</param>
    /// <param name="report">What was loaded, and what is fresh.</param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <param name="file">How a weight file is opened, and which weights are taken of it.</param>
    /// <returns>The network, in training mode as PyTorch's are.</returns>
    /// <inheritdoc cref="Create(string, ModelOptions, string?, Hub?)"/>
    public static Block Create(
        string id, ModelOptions options, string weights, out LoadReport report, Hub? hub = null, WeightFileOptions? file = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return CreateLoaded(Find(id).Variant, options, weights, hub, file, freshHead: true, out report);
    }

    /// <summary>Builds a network all of whose weights come from somewhere.</summary>
    internal static Block CreatePretrained(string id, ModelOptions options, string weights, Hub? hub = null) =>
        CreatePretrained(id, options, weights, out _, hub);

    /// <summary>Builds a network all of whose weights come from somewhere, and says what was loaded.</summary>
    internal static Block CreatePretrained(
        string id, ModelOptions options, string weights, out LoadReport report, Hub? hub = null, WeightFileOptions? file = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return CreateLoaded(Find(id).Variant, options, weights, hub, file, freshHead: false, out report);
    }

    /// <summary>Puts a classifier together: a network with weights, and the preset and the labels that belong to them.</summary>
    /// <param name="id">The network's id or one of its aliases, in any case.</param>
    /// <param name="weights">The name of published weights, or the path of a weight file; the default ones where null.</param>
    /// <param name="numClasses">The number of classes, where a weight file has another than the network's own.</param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <returns>The classifier, which owns the network; dispose of it.</returns>
    /// <remarks>
    /// Published weights that are not on this machine are fetched first; <see cref="DownloadAsync"/> does that with progress and
    /// cancellation. For a weight file, preset and labels are those of the published weights whose file name it has, else of the
    /// network's default weights. Where there are none the preset is ImageNet's for the network's input size, and where the number of
    /// classes is another the labels are numbers.
    /// </remarks>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    /// <exception cref="FileNotFoundException">There are neither published weights of that name nor such a file.</exception>
    /// <exception cref="NotSupportedException">The weights were published for something else than classifying.</exception>
    /// <exception cref="DownloadException">The weights could not be fetched.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged.</exception>
    /// <exception cref="WeightMismatchException">The weights are another network's.</exception>
    /// <exception cref="DifferentNetworkException">The weights are timm's for a network that computes something else.</exception>
    public static Classifier CreateClassifier(string id, string? weights = null, long? numClasses = null, Hub? hub = null)
    {
        var variant = Find(id).Variant;
        var published = FindKnown(variant.Id, weights ?? DefaultWeights) ?? FindWeights(variant.Id, DefaultWeights);
        if (published is { Labels: null })
            throw new NotSupportedException($"{published.Name} of {variant.Id} has no classes: it is for features alone.");

        var network = CreatePretrained(variant.Id, new ModelOptions { NumClasses = numClasses }, weights ?? DefaultWeights, hub);
        try
        {
            var preset = published?.Preset ?? ImageNetPreset(variant);
            var labels = published?.Labels is { } set ? Labels.Get(set) : [];
            var classes = ClassifierHead.CountClasses(network);
            return new(network.ToChannelsLast(), preset, labels.Count == classes ? labels : Numbers(classes), ownsModel: true);
        }
        catch
        {
            network.Dispose();
            throw;
        }

        static string[] Numbers(long count) => [.. Enumerable.Range(0, (int)count).Select(i => i.ToString(CultureInfo.InvariantCulture))];
    }

    /// <summary>As <see cref="CreateClassifier"/>, without blocking a thread while weights are fetched.</summary>
    /// <param name="id">The network's id or one of its aliases, in any case.</param>
    /// <param name="weights">The name of published weights, or the path of a weight file; the default ones where null.</param>
    /// <param name="numClasses">The number of classes, where a weight file has another than the network's own.</param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <param name="progress">Is told how far the download has come, if there is one.</param>
    /// <param name="cancellationToken">Stops the download; what has come so far is kept for the next time.</param>
    /// <returns>The classifier, which owns the network; dispose of it.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <inheritdoc cref="CreateClassifier"/>
    public static async Task<Classifier> CreateClassifierAsync(
        string id, string? weights = null, long? numClasses = null, Hub? hub = null, IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        await DownloadAsync(id, weights ?? DefaultWeights, hub, progress, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => CreateClassifier(id, weights, numClasses, hub), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What must be chosen about a network for weights to fit, beside what a user has chosen.</summary>
    /// <param name="id">The network's id.</param>
    /// <param name="options">What a user has chosen.</param>
    /// <param name="weights">The name of published weights, or the path of a weight file.</param>
    /// <param name="file">What the file says beside its tensors.</param>
    internal static ModelOptions FitOptions(string id, ModelOptions options, string weights, StateDict file)
    {
        var variant = Find(id).Variant;
        if (variant.HasInputTransform && NetworkFacts.TransformInput(file) is { } transform) options = options with { TransformInput = options.TransformInput ?? transform };
        var published = FindKnown(id, weights)
            ?? (variant.HasInputTransform && options.TransformInput is null ? NetworkFacts.Identify(Weights(id), weights) : null);
        return variant.KeyMap.Fit(options, file, published);
    }

    private static Block CreateLoaded(
        ModelVariant variant, ModelOptions options, string weights, Hub? hub, WeightFileOptions? how, bool freshHead, out LoadReport report)
    {
        how = (how ?? new()) with { Map = options.MapWeights ?? how?.Map ?? FindWeights(variant.Id, weights) is { Url: not null } };
        using var file = OpenWeights(variant.Id, weights, hub, how);
        options = FitOptions(variant.Id, options, weights, file);
        Block network;
        using (Initializers.Skip()) network = variant.Build(options);
        long? classes = null;
        try
        {
            if (options.NumClasses is null && NetworkFit.ClassesOf(variant, network, file) is { } count)
            {
                classes = count;
                network.Dispose();
                using (Initializers.Skip()) network = variant.Build(options with { NumClasses = classes });
            }
            using var adapted = variant.Adapt(file, network);
            var state = adapted ?? file;
            var fresh = freshHead && options.NumClasses is not null ? ClassifierHead.Unfit(network, state) : [];
            if (fresh.Count > 0)
            {
                // How a head is drawn is the whole network's affair.
                network.Dispose();
                network = variant.Build(options);
            }
            report = WeightLoader.Load(network, state, strict: true, rename: null, fresh, take: true) with
            {
                ClassesOfWeights = classes,
                Warnings = variant.HasInputTransform && options.TransformInput is null ? [NetworkFacts.UnknownTransform] : [],
            };
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static FileNotFoundException NoSuchWeights(string id, string weights)
    {
        var (model, names) = (Find(id).Variant.Id, string.Join(", ", Weights(id).Select(known => known.Name)));
        var known = names.Length == 0 ? $"nobody has published weights for {model}" : $"the weights of {model} are {names}";
        return new(weights == DefaultWeights ? $"Say which weights to take: {known}." : $"There is no weight file '{weights}', and {known}.", weights);
    }

    // torchvision's first presets: the crop is 224/256 of what the image is resized to.
    private static ImagePreset ImageNetPreset(ModelVariant variant)
    {
        var (channels, height, width) = variant.InputShape;
        var preset = new ImagePreset { ResizeSize = [Math.Min(height, width) * 256 / 224], CropSize = [height, width] };
        return channels == 3 ? preset : preset with { Channels = channels, Mean = [0.5], Std = [0.5] };
    }

    /// <summary>Published weights by name, or null where the name is that of none.</summary>
    internal static PublishedWeights? FindWeights(string id, string name) => Weights(id).FirstOrDefault(
        published => published.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || (published.IsDefault && name == DefaultWeights));

    // A file is known by its name where that has its hash: it may lie anywhere.
    private static PublishedWeights? FindKnown(string id, string weights) => FindWeights(id, weights)
        ?? Weights(id).FirstOrDefault(published => published.HashPrefix is not null && Path.GetFileName(published.Url!.AbsolutePath) == Path.GetFileName(weights));

    /// <summary>Loads weights into a network, also such as were saved under names that its family knows how to turn.</summary>
    /// <param name="network">The network.</param>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="freshHead">
    /// Whether the network's head stays as it is where the weights are for other classes, or have none. The report lists it as fresh.
    /// </param>
    /// <returns>What was loaded.</returns>
    /// <remarks>
    /// Among these names are timm's, for networks that compute the same there. Where the names fit and the network may not, as between
    /// timm's <c>efficientnet_b0</c> and <c>tf_efficientnet_b0</c>, <see cref="StateDict.Source"/> must tell. Most of timm's vision
    /// transformers take images normalised by a mean and deviation of 0.5; their weights do not say so.
    /// </remarks>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged.</exception>
    /// <exception cref="WeightMismatchException">The weights are another network's.</exception>
    /// <exception cref="DifferentNetworkException">The weights are timm's for a network that computes something else.</exception>
    public static LoadReport Load(Block network, string id, StateDict weights, bool freshHead = false)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(weights);
        var variant = Find(id).Variant;
        using var fitting = weights.Fit(candidate => NetworkFit.Accepts(variant, network, candidate));
        using var adapted = variant.Adapt(fitting ?? weights, network);
        var state = adapted ?? fitting ?? weights;
        var report = WeightLoader.Load(network, state, strict: true, rename: null, freshHead ? ClassifierHead.Unfit(network, state) : []);
        return report with { Warnings = NetworkFacts.Contradictions(network, weights) };
    }

    private static Dictionary<string, (ModelFamily, ModelVariant)> Index()
    {
        var index = new Dictionary<string, (ModelFamily, ModelVariant)>(StringComparer.OrdinalIgnoreCase);
        foreach (var family in Families)
        {
            foreach (var variant in family.Variants)
            {
                foreach (var name in variant.Aliases.Prepend(variant.Id)) index.Add(name, (family, variant));
            }
        }
        return index;
    }
}

/// <summary>No network of the catalogue has this id.</summary>
/// <param name="id">The id that was asked for.</param>
/// <param name="nearest">The ids that look most like it.</param>
public sealed class UnknownModelException(string id, IReadOnlyList<string> nearest) : ArgumentException(Describe(id, nearest))
{
    /// <summary>The id that was asked for.</summary>
    public string Id { get; } = id;

    /// <summary>The ids that look most like it, the nearest first.</summary>
    public IReadOnlyList<string> Nearest { get; } = nearest;

    private static string Describe(string id, IReadOnlyList<string> nearest) => nearest.Count == 0
        ? $"There is no network '{id}'; 'luma list' shows all."
        : $"There is no network '{id}'; did you mean {string.Join(", ", nearest)}?";
}
