using Luma.Neural;
using Luma.Zoo.Models;

namespace Luma.Zoo.Weights;

/// <summary>Weights under a network's names and in its order, with the types and the values that they have.</summary>
internal static class WeightArrangement
{
    // The names of position embeddings in torchvision's vision transformers and in timm's.
    private static readonly string[] Positions = ["encoder.pos_embedding", "pos_embed"];

    /// <summary>Arranges weights as a network has them.</summary>
    /// <param name="id">The network's id or one of its aliases.</param>
    /// <param name="weights">The weights, which must stay open.</param>
    /// <param name="source">Their file, or the name of published weights.</param>
    /// <param name="options">
    /// What is chosen about the network: by default it is for as many classes, and for images as large, as the weights are, and nothing is
    /// resized.
    /// </param>
    /// <param name="notes">Gets what changes, a sentence each.</param>
    /// <returns>The weights; dispose of them.</returns>
    /// <exception cref="WeightMismatchException">They are another network's.</exception>
    /// <exception cref="DifferentNetworkException">They are timm's for a network that computes something else.</exception>
    public static StateDict Arrange(string id, StateDict weights, string source, ModelOptions options, List<string> notes)
    {
        var variant = ModelZoo.Find(id).Variant;
        using var skip = Initializers.Skip();
        options = ModelZoo.FitOptions(variant.Id, options with { ImageSize = options.ImageSize ?? ImageSizeOf(variant, weights) }, source, weights);
        using var network = Build(variant, options, weights, notes);
        var fitting = weights.Fit(candidate => NetworkFit.Accepts(variant, network, candidate));
        if (fitting is not null) notes.Add(fitting.Selection.ToString());

        // What turning makes belongs to the last in the row, which is the caller's.
        var state = variant.Adapt(fitting ?? weights, network) ?? fitting ?? weights;
        try
        {
            var report = WeightLoader.Check(network, state);
            foreach (var entry in state.Entries)
            {
                if (weights.TryGet(entry.Name, out var before) && before.Count != entry.Count)
                    notes.Add($"resized {entry.Name} from ({string.Join(", ", before.Shape)}) to ({string.Join(", ", entry.Shape)})");
            }
            if ((fitting ?? weights).Entries.Count - report.Loaded.Count is > 0 and var left)
                notes.Add($"left out {left} tensors that {variant.Id} does not have");

            using var own = StateDict.Of(network);
            var counters = own.Names.Where(name => !state.Contains(name)).Select(name => KeyValuePair.Create(name, zeros([], int64))).ToList();
            if (counters.Count > 0) notes.Add($"added {counters.Count} counters of batch norms, which old files lack, as 0");
            return state.With(counters).Arranged(own.Names, own.Versions, NetworkFacts.With(weights, options));
        }
        catch when (!ReferenceEquals(state, weights))
        {
            state.Dispose();
            throw;
        }
    }

    private static Block Build(ModelVariant variant, ModelOptions options, StateDict weights, List<string> notes)
    {
        var network = variant.Build(options);
        if (options.NumClasses is not null || NetworkFit.ClassesOf(variant, network, weights) is not { } classes) return network;

        notes.Add($"{classes} classes, as the weights have");
        network.Dispose();
        return variant.Build(options with { NumClasses = classes });
    }

    // The embeddings of a square of patches, and one of the class.
    private static int? ImageSizeOf(ModelVariant variant, StateDict weights)
    {
        var entry = Positions.Select(name => weights.TryGet(name, out var found) ? found : null).FirstOrDefault(found => found is not null);
        if (entry is not { Shape: [1, var tokens and > 1, _] }) return null;

        using var network = variant.Build(new ModelOptions());
        var side = (long)Math.Round(Math.Sqrt(tokens - 1));
        return network is VisionTransformer transformer && side * side == tokens - 1 ? (int)(side * transformer.PatchSize) : null;
    }
}
