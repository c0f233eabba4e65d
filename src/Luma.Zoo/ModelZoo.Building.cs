using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

// Networks, fresh or with weights.
public static partial class ModelZoo
{
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
    /// cancellation. Where <see cref="ModelOptions.NumClasses"/> is not given, it is that of the weights. Where it is given and the weights
    /// are for other classes, or have none, the head is drawn afresh and everything else is loaded: this is how a network is fine-tuned.
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

    /// <summary>What must be chosen about a network for weights to fit, beside what a user has chosen.</summary>
    /// <param name="id">The network's id.</param>
    /// <param name="options">What a user has chosen.</param>
    /// <param name="weights">The name of published weights, or the path of a weight file.</param>
    /// <param name="file">What the file says beside its tensors.</param>
    internal static ModelOptions FitOptions(string id, ModelOptions options, string weights, StateDict file)
    {
        var variant = Find(id).Variant;
        if (variant.HasInputTransform && NetworkFacts.TransformInput(file) is { } transform)
            options = options with { TransformInput = options.TransformInput ?? transform };
        // What no tensor tells must not be taken from a file's name, which may be another's.
        var published = variant.HasInputTransform ? FindWeights(id, weights) ?? NetworkFacts.Identify(Weights(id), file) : FindKnown(id, weights);
        return variant.KeyMap.Fit(options, file, published);
    }

    /// <summary>Builds a network to be trained further.</summary>
    /// <param name="source">The model.</param>
    /// <param name="chosen">What is chosen about the network, with the number of classes.</param>
    /// <param name="options">Where weights come from and how they are opened.</param>
    /// <param name="newHead">Whether the head is drawn afresh even where its shape fits.</param>
    /// <param name="report">What was loaded, and what is fresh.</param>
    internal static Block CreateForTraining(ModelSource source, ModelOptions chosen, ClassifierOptions options, bool newHead, out LoadReport report) =>
        CreateLoaded(
            source.Variant, chosen, source.Weights ?? DefaultWeights, options.Hub, source.Opening(options.File), freshHead: true, out report, newHead);

    private static Block CreateLoaded(
        ModelVariant variant, ModelOptions options, string weights, Hub? hub, WeightFileOptions? how, bool freshHead, out LoadReport report, bool newHead = false)
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
            if (newHead && fresh.Count == 0) fresh = ClassifierHead.NamesOf(network);
            if (fresh.Count > 0)
            {
                // How a head is drawn is the whole network's affair.
                network.Dispose();
                network = variant.Build(options);
            }
            report = WeightLoader.Load(network, state, strict: true, rename: null, fresh, take: true) with
            {
                ClassesOfWeights = classes,
                WeightsSha256 = file.Hash,
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
}
