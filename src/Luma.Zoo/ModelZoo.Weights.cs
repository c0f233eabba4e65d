using Luma.Zoo.Weights;

namespace Luma.Zoo;

// The weights that a name or a path stands for.
public static partial class ModelZoo
{
    /// <summary>Stands for the weights that a network gets where it is to have published ones and no name is given.</summary>
    public const string DefaultWeights = "DEFAULT";

    // Read when first asked for: building a network from scratch needs no manifest.
    private static readonly Lazy<ILookup<string, PublishedWeights>> Published = new(() =>
        PublishedWeights.ReadAll().OrderByDescending(weights => weights.IsDefault).ToLookup(weights => weights.Model));

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
        file ??= new();
        return StateDict.Open(weights, file with { Identify = file.Identify || variant.HasInputTransform }, fit.Accepts);
    }

    private static FileNotFoundException NoSuchWeights(string id, string weights)
    {
        var (model, names) = (Find(id).Variant.Id, string.Join(", ", Weights(id).Select(known => known.Name)));
        var known = names.Length == 0 ? $"nobody has published weights for {model}" : $"the weights of {model} are {names}";
        return new(weights == DefaultWeights ? $"Say which weights to take: {known}." : $"There is no weight file '{weights}', and {known}.", weights);
    }

    /// <summary>Published weights by name, or null where the name is that of none.</summary>
    internal static PublishedWeights? FindWeights(string id, string name) => Weights(id).FirstOrDefault(
        published => published.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || (published.IsDefault && name == DefaultWeights));

    /// <summary>Published weights by name or by the name of their file, which has their hash: it may lie anywhere.</summary>
    internal static PublishedWeights? FindKnown(string id, string weights) => FindWeights(id, weights)
        ?? Weights(id).FirstOrDefault(published => published.HashPrefix is not null && Path.GetFileName(published.Url!.AbsolutePath) == Path.GetFileName(weights));
}
