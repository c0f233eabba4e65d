using Luma.Neural;
using Luma.Zoo.Models;

namespace Luma.Zoo;

/// <summary>The catalogue: which networks there are, and how to get one by its id.</summary>
public static class ModelZoo
{
    /// <summary>The families, in the order of their years.</summary>
    public static IReadOnlyList<ModelFamily> Families { get; } =
    [
        LeNet.Family,
        AlexNetBase.Family,
        NetworkInNetwork.Family,
        VGGNet.Family,
        ResNet.Family,
        ResNet.WideFamily,
        PreActivationResNet.Family,
        ResNet.NextFamily,
        MobileNetV1.Family,
        AnyNet.Family,
        VisionTransformer.Family,
    ];

    private static readonly Dictionary<string, (ModelFamily Family, ModelVariant Variant)> ByName = Index();

    /// <summary>Every network.</summary>
    public static IEnumerable<ModelVariant> Models => Families.SelectMany(family => family.Variants);

    /// <summary>Finds a network.</summary>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <returns>The network and its family.</returns>
    /// <exception cref="UnknownModelException">There is no such network; the message names the nearest.</exception>
    public static (ModelFamily Family, ModelVariant Variant) Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return ByName.TryGetValue(id, out var found) ? found : throw new UnknownModelException(id, Nearest(id));
    }

    /// <summary>Builds a network with fresh weights, drawn from torch's generator as PyTorch draws them.</summary>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <param name="numClasses">The number of classes; the network's own by default.</param>
    /// <param name="inChannels">The number of channels of the input; the network's own by default.</param>
    /// <param name="config">Which of its configurations.</param>
    /// <returns>The network, in training mode as PyTorch's are.</returns>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static Block Create(string id, long? numClasses = null, long? inChannels = null, ModelConfig config = ModelConfig.Default) =>
        Create(id, new ModelOptions { NumClasses = numClasses, InChannels = inChannels, Config = config });

    /// <summary>Builds a network with fresh weights, drawn from torch's generator as PyTorch draws them.</summary>
    /// <param name="id">Its id or one of its aliases, in any case.</param>
    /// <param name="options">What is chosen about it.</param>
    /// <returns>The network, in training mode as PyTorch's are.</returns>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static Block Create(string id, ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.NumClasses < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.NumClasses, "A network needs at least one class.");
        if (options.InChannels < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.InChannels, "A network needs at least one input channel.");

        return Find(id).Variant.Build(options);
    }

    private static Dictionary<string, (ModelFamily, ModelVariant)> Index()
    {
        var index = new Dictionary<string, (ModelFamily, ModelVariant)>(StringComparer.OrdinalIgnoreCase);
        foreach (var family in Families)
        foreach (var variant in family.Variants)
        foreach (var name in variant.Aliases.Prepend(variant.Id))
            index.Add(name, (family, variant));
        return index;
    }

    // The nearest by edit distance, as long as no more than a third of the letters differ.
    private static string[] Nearest(string id) =>
    [
        .. ByName.Keys
            .Select(name => (Name: name, Distance: EditDistance(name.ToLowerInvariant(), id.ToLowerInvariant())))
            .Where(candidate => candidate.Distance <= Math.Max(2, candidate.Name.Length / 3))
            .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(3)
            .Select(candidate => candidate.Name),
    ];

    private static int EditDistance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var current = new int[right.Length + 1];
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substitution = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[^1];
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
