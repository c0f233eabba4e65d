namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>Which of timm's architectures compute what a network of the catalogue does.</summary>
internal static class TimmArchitectures
{
    // timm's id, and the network's where it is another.
    private static readonly Dictionary<string, string> Ids = new(StringComparer.Ordinal)
    {
        ["vit_base_patch16_224"] = "vit_b_16",
        ["vit_base_patch16_384"] = "vit_b_16",
        ["vit_base_patch32_224"] = "vit_b_32",
        ["vit_base_patch32_384"] = "vit_b_32",
        ["vit_large_patch16_224"] = "vit_l_16",
        ["vit_large_patch16_384"] = "vit_l_16",
        ["vit_large_patch32_224"] = "vit_l_32",
        ["vit_large_patch32_384"] = "vit_l_32",
        ["vit_huge_patch14_224"] = "vit_h_14",
        ["deit_base_patch16_224"] = "vit_b_16",
        ["deit_base_patch16_384"] = "vit_b_16",
        ["swin_tiny_patch4_window7_224"] = "swin_t",
        ["swin_small_patch4_window7_224"] = "swin_s",
        ["swin_base_patch4_window7_224"] = "swin_b",
        ["swinv2_tiny_window8_256"] = "swin_v2_t",
        ["swinv2_small_window8_256"] = "swin_v2_s",
        ["swinv2_base_window8_256"] = "swin_v2_b",
    };

    private static readonly string[] SameIds =
    [
        "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2",
        "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
        "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn",
        "densenet121", "densenet161", "densenet169", "densenet201",
        "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4",
        "convnext_tiny", "convnext_small", "convnext_base", "convnext_large",
    ];

    // The beginnings of the ids whose tensors have the same names in both houses: the first convolution's, and the last layer's.
    private static readonly (string Start, string First, string Last)[] SameNames =
        [("resnet", "conv1", "fc"), ("resnext", "conv1", "fc"), ("wide_resnet", "conv1", "fc"), ("densenet", "features.conv0", "classifier")];

    // What timm before 0.9 put before the names of networks to say whose weights they had.
    private static readonly string[] OldPrefixes = ["tv_", "ssl_", "swsl_", "ig_"];

    // The beginning of an architecture's id, and what its network does that the catalogue's do not.
    private static readonly (string Start, string What)[] Others =
    [
        ("tf_efficientnet", "it pads as TensorFlow does, and its norms have an epsilon of 1e-3"),
        ("efficientnetv2", "its norms have an epsilon of 1e-5, and torchvision's of 1e-3"),
        ("efficientnet_b5", "its norms have an epsilon of 1e-5, and torchvision's of 1e-3"),
        ("efficientnet_b6", "its norms have an epsilon of 1e-5, and torchvision's of 1e-3"),
        ("efficientnet_b7", "its norms have an epsilon of 1e-5, and torchvision's of 1e-3"),
        ("efficientnet_blur", "it blurs where it halves the size"),
        ("resnetblur", "it blurs where it halves the size"),
        ("densenetblur", "it blurs where it halves the size"),
        ("resnetaa", "it averages where it halves the size"),
        ("resnet18d", "its stem has three convolutions"),
        ("resnet34d", "its stem has three convolutions"),
        ("resnet50d", "its stem has three convolutions"),
        ("resnet101d", "its stem has three convolutions"),
        ("resnet152d", "its stem has three convolutions"),
        ("seresne", "it has an attention of channels in its blocks"),
        ("ecaresnet", "it has an attention of channels in its blocks"),
        ("convnextv2", "its blocks have another norm"),
        ("convnext_tiny_hnf", "its last norm is before the pooling, not after it"),
        ("convnext_large_mlp", "its head has another layer"),
        ("swin_s3", "its windows have other sizes"),
        ("swinv2_", "its windows have other sizes"),
        ("swin_", "its windows have other sizes"),
        ("vit_", "it is another vision transformer than torchvision's"),
        ("beit", "it is another vision transformer than torchvision's"),
        ("flexivit", "it is another vision transformer than torchvision's"),
        ("deit", "it is another vision transformer than torchvision's"),
    ];

    /// <summary>The first and the last layer of a network that timm has under the same id and with the same names; null for others.</summary>
    /// <param name="id">The network's id in the catalogue.</param>
    public static (string First, string Last)? LayersOf(string id) =>
        SameIds.Contains(id) && SameNames.FirstOrDefault(entry => id.StartsWith(entry.Start, StringComparison.Ordinal)) is { Start: not null } known ? (known.First, known.Last) : null;

    /// <summary>The catalogue's network that computes what one of timm's does.</summary>
    /// <param name="architecture">timm's id.</param>
    /// <param name="reason">Why there is none, as a sentence without its full stop.</param>
    /// <returns>The network's id, or null.</returns>
    public static string? Find(string architecture, out string reason)
    {
        reason = "";
        var name = architecture.ToLowerInvariant();
        if (OldPrefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } old) name = name[old.Length..];
        if (Ids.TryGetValue(name, out var id)) return id;
        if (SameIds.Contains(name)) return name;

        reason = Others.FirstOrDefault(other => name.StartsWith(other.Start, StringComparison.Ordinal)).What
            ?? "no network of the catalogue is known to compute the same";
        return null;
    }
}
