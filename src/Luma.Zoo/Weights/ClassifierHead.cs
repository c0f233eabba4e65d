using Luma.Neural;
using Luma.Neural.Layers;

namespace Luma.Zoo.Weights;

/// <summary>The last layer of a classifier, which weights for other classes do not fit.</summary>
internal static class ClassifierHead
{
    /// <summary>
    /// The names of a network that weights leave fresh because they are for other classes: those of the last dense layer or
    /// convolution, and of any other with as many outputs, where the number of outputs alone differs, and is the same for all; or, where
    /// the weights have nothing of the part that the last layer belongs to, those of that part, and where they have nothing of the last
    /// layer, its own. None where something else is wrong.
    /// </summary>
    public static IReadOnlyList<string> Unfit(NeuralModule network, StateDict weights)
    {
        var outputs = network.named_modules()
            .Select(entry => (entry.name, Count: Outputs(entry.module)))
            .Where(entry => entry.Count is not null)
            .ToList();
        if (outputs.Count == 0) return [];

        var (last, classes) = outputs[^1];
        var state = network.state_dict();
        var part = $"{last.Split('.')[0]}.";
        if (!weights.Names.Any(name => name.StartsWith(part, StringComparison.Ordinal)))
            return [.. state.Keys.Where(name => name.StartsWith(part, StringComparison.Ordinal))];

        var lacking = state.Keys.Where(name => LayerOf(name) == last).ToList();
        if (!lacking.Any(weights.Contains)) return lacking;

        var heads = outputs.Where(layer => layer.Count == classes).Select(layer => layer.name).ToHashSet();
        var unfit = state.Where(entry => weights.TryGet(entry.Key, out var saved) && !saved.Shape.SequenceEqual(entry.Value.shape)).ToList();
        var saved = unfit.Select(entry => weights[entry.Key].Shape).ToList();
        return unfit.Any(entry => LayerOf(entry.Key) == last)
            && unfit.All(entry => heads.Contains(LayerOf(entry.Key)) && entry.Value.shape[1..].SequenceEqual(weights[entry.Key].Shape.Skip(1)))
            && saved.All(shape => shape.Count > 0 && shape[0] == saved[0][0])
            ? [.. unfit.Select(entry => entry.Key)]
            : [];
    }

    /// <summary>The names of a network's head: those of the last dense layer or convolution, and of any other with as many outputs that is another head.</summary>
    public static IReadOnlyList<string> NamesOf(NeuralModule network)
    {
        var last = network.named_modules().Last(entry => Outputs(entry.module) is not null);
        var heads = network is Neural.Blocks.AuxiliaryNetwork
            ? network.named_modules().Where(entry => Outputs(entry.module) == Outputs(last.module) && entry.module is Dense).Select(entry => entry.name).ToHashSet()
            : [last.name];
        return [.. network.state_dict().Keys.Where(name => heads.Contains(LayerOf(name)))];
    }

    /// <summary>How many classes a network tells apart: the outputs of its last dense layer or convolution.</summary>
    public static long CountClasses(NeuralModule network) => network.modules().Select(Outputs).Last(count => count is not null)!.Value;

    /// <summary>A network's last dense layer or convolution, which gives its classes; null where there is none.</summary>
    public static nn.Module? FindLast(NeuralModule network) => network.modules().LastOrDefault(module => Outputs(module) is not null);

    /// <summary>How many channels a network's input has: those of its first convolution; null where it has none, or begins otherwise.</summary>
    public static long? CountChannels(NeuralModule network) =>
        network.modules().OfType<Convolution>().FirstOrDefault()?.InChannels;

    private static long? Outputs(nn.Module module) => module switch
    {
        Dense dense => dense.OutFeatures,
        Convolution convolution => convolution.Weight.size(0),
        _ => null,
    };

    private static string LayerOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];
}
