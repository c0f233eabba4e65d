using Luma.Zoo.Models;

namespace Luma.Zoo;

/// <summary>The catalogue: which networks there are, and how to get one by its id.</summary>
public static partial class ModelZoo
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
        return ByName.TryGetValue(id, out var found) ? found : throw new UnknownModelException(id, NearestNames.To(id, ByName.Keys));
    }

    /// <summary>The ids and the aliases.</summary>
    internal static IEnumerable<string> Names => ByName.Keys;

    /// <summary>Whether there is a network of an id or an alias.</summary>
    internal static bool Has(string id) => ByName.ContainsKey(id);

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
