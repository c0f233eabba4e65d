using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli;

/// <summary>A model as it is written on the command line: <c>ID</c>, <c>ID:WEIGHTS</c>, or the path of a model folder.</summary>
/// <param name="Source">What it stands for.</param>
internal sealed record ModelReference(ModelSource Source)
{
    /// <summary>The network's family.</summary>
    public ModelFamily Family => Source.Family;

    /// <summary>The network.</summary>
    public ModelVariant Variant => Source.Variant;

    /// <summary>The name of published weights or a weight file; null where none are named.</summary>
    public string? Weights => Source.Weights;

    /// <summary>Reads a model.</summary>
    /// <param name="text"><c>ID</c>, <c>ID:WEIGHTS</c>, or a path.</param>
    /// <param name="weights">The value of <c>--weights</c>, which names them too.</param>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ModelReferenceException">The weights are named twice, or by nothing.</exception>
    /// <exception cref="ModelFolderException">There is no model in the folder, or what it says of itself is wrong.</exception>
    public static ModelReference Parse(string text, string? weights = null) => new(ModelSource.Find(text, weights));

    /// <summary>The published weights that are meant.</summary>
    /// <exception cref="UserException">There are none.</exception>
    public PublishedWeights FindPublished()
    {
        if (ModelZoo.FindWeights(Variant.Id, Weights ?? ModelZoo.DefaultWeights) is { } published) return published;

        var known = ModelZoo.Weights(Variant.Id).Select(weights => weights.Name).ToList();
        throw known.Count == 0
            ? new UserException($"Nobody has published weights for {Variant.Id}")
            : new UsageException($"There are no weights '{Weights}' for {Variant.Id}; there are {string.Join(", ", known)}");
    }

    /// <summary>Builds the network to look at its layers. Nothing is fetched: published weights only say how it is built.</summary>
    public Block BuildForLooking(ModelOptions options)
    {
        // Only sizes are wanted, so the weights need not be drawn.
        using var skip = Initializers.Skip();
        options = Source.Choose(options);
        if (Weights is null) return Variant.Build(options);
        if (Path.Exists(Weights) && ModelZoo.FindWeights(Variant.Id, Weights) is null)
            return ModelZoo.CreatePretrained(Variant.Id, options, Weights, out _, file: Source.Opening(null));

        return Variant.Build(Variant.KeyMap.Fit(options, weights: null, FindPublished()));
    }
}
