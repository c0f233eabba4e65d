using Luma.Zoo.Weights;

namespace Luma.Zoo;

/// <summary>What a model's name stands for: a network, its weights, and what else its folder says.</summary>
/// <param name="Family">The network's family.</param>
/// <param name="Variant">The network.</param>
/// <param name="Weights">The name of published weights, or the path of a weight file, a folder or a model in one file; null where none are named.</param>
/// <param name="Folder">The model folder, where it is one.</param>
internal sealed record ModelSource(ModelFamily Family, ModelVariant Variant, string? Weights, ModelFolder? Folder)
{
    /// <summary>A model folder.</summary>
    /// <param name="folder">The folder.</param>
    public ModelSource(ModelFolder folder)
        : this(ModelZoo.Find(folder.Manifest.Model).Family, ModelZoo.Find(folder.Manifest.Model).Variant, folder.WeightsPath, folder)
    {
    }

    /// <summary>
    /// Finds what a name stands for: <c>ID</c>, <c>ID:WEIGHTS</c>, or the path of a model folder. An id is an id even where a folder is
    /// called so; <c>./resnet50</c> is the folder.
    /// </summary>
    /// <param name="text">The name.</param>
    /// <param name="weights">The weights, where they are named apart; null where they are not.</param>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ModelReferenceException">The name makes no sense.</exception>
    /// <exception cref="ModelFolderException">There is no model in the folder, or what it says of itself is wrong.</exception>
    /// <exception cref="DifferentNetworkException">The folder is timm's, and its network is none of the catalogue's.</exception>
    public static ModelSource Find(string text, string? weights = null)
    {
        if (text.Length == 0) throw new ModelReferenceException("The model's name is empty");
        if (!ModelZoo.Has(text) && FindPath(text) is { } folder)
        {
            return weights is null
                ? new(folder)
                : throw new ModelReferenceException($"'{text}' has its own weights, and --weights (in C#: Weights) names others: give the network's id with those");
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (id, named) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        if (!ModelZoo.Has(id) && LooksLikePath(text)) throw new ModelFolderException(text, "there is no such model folder or file");
        if (!ModelZoo.Has(id) && NearestNames.To(id, ModelZoo.Names) is []) throw new UnknownModelException(id, [], mayBeFolder: true);
        var (family, variant) = ModelZoo.Find(id);
        if (named is { Length: 0 }) throw new ModelReferenceException($"There are no weights after the colon of '{text}'");
        if (named is not null && weights is not null) throw new ModelReferenceException($"'{text}' and --weights both name weights: give one of them");

        weights = named ?? weights;
        if (weights is null || ModelZoo.FindWeights(variant.Id, weights) is not null) return new(family, variant, weights, null);
        if ((ModelFolder.TryOpen(weights) ?? ModelFolder.TryOpenAround(weights)) is not { } model) return new(family, variant, weights, null);
        return model.Manifest.Model == variant.Id
            ? new(family, variant, model.WeightsPath, model)
            : throw new ModelReferenceException($"{weights} is a {model.Manifest.Model}, not a {variant.Id}");
    }

    /// <summary>What is chosen about the network: by the user, then by its folder.</summary>
    /// <param name="options">What the user has chosen.</param>
    public ModelOptions Choose(ModelOptions options) => Folder is null ? options : options.Or(Folder.Manifest.Options);

    /// <summary>How the weights are opened.</summary>
    /// <param name="options">What the user has chosen.</param>
    public WeightFileOptions? Opening(WeightFileOptions? options) => Folder is null ? options : Folder.Opening(options);

    private static ModelFolder? FindPath(string text)
    {
        if (ModelFolder.TryOpen(text) is { } model) return model;
        if (Directory.Exists(text)) return ModelFolder.Open(text);
        return File.Exists(text)
            ? throw new ModelReferenceException($"'{text}' is a weight file, which does not tell its network: name that too, as in ID:{text}")
            : null;
    }

    // A slash before any colon but that of a Windows drive, or a name that only a model in one file has.
    private static bool LooksLikePath(string text)
    {
        var id = text.Length > 1 && text[1] == ':' ? text : text.Split(':')[0];
        return id.AsSpan().ContainsAny('/', '\\') || id.EndsWith(ModelFolder.ArchiveExtension, StringComparison.OrdinalIgnoreCase);
    }
}
