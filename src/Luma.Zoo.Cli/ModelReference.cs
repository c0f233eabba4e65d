using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli;

/// <summary>A model as it is written on the command line: <c>ID</c> or <c>ID:WEIGHTS</c>.</summary>
/// <param name="Family">The network's family.</param>
/// <param name="Variant">The network.</param>
/// <param name="Weights">The name of published weights or a weight file; null where none are named.</param>
internal sealed record ModelReference(ModelFamily Family, ModelVariant Variant, string? Weights)
{
    /// <summary>Reads a model.</summary>
    /// <param name="text"><c>ID</c> or <c>ID:WEIGHTS</c>.</param>
    /// <param name="weights">The value of <c>--weights</c>, which names them too.</param>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="UsageException">The weights are named twice, or by nothing.</exception>
    public static ModelReference Parse(string text, string? weights = null)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (id, named) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        var (family, variant) = ModelZoo.Find(id);
        if (named is { Length: 0 }) throw new UsageException($"There are no weights after the colon of '{text}'");
        if (named is not null && weights is not null) throw new UsageException($"'{text}' and --weights both name weights: give one of them");
        return new(family, variant, named ?? weights);
    }

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
        if (Weights is null) return Variant.Build(options);
        if (File.Exists(Weights) && ModelZoo.FindWeights(Variant.Id, Weights) is null) return ModelZoo.CreatePretrained(Variant.Id, options, Weights);

        return Variant.Build(Variant.KeyMap.Fit(options, weights: null, FindPublished()));
    }
}
