using Luma.Zoo.Images;
using Luma.Zoo.Inference;

namespace Luma.Zoo;

/// <summary>
/// What is known of a model beside its weights: what its folder says in <c>model.json</c>. With the weights it is all that a classifier
/// needs.
/// </summary>
public sealed record ModelManifest
{
    /// <summary>The network's id in the catalogue.</summary>
    public required string Model { get; init; }

    /// <summary>What was chosen about the network. The number of classes is that of <see cref="Classes"/>.</summary>
    public ModelOptions Options { get; init; } = new();

    /// <summary>Whether an image has one class of many or several at once.</summary>
    public ClassificationTask Task { get; init; }

    /// <summary>The names of the classes, in the order of the network's outputs.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>What makes an image into the network's input.</summary>
    public required ImagePreset Preset { get; init; }

    /// <summary>Where the weights come from, as names and values: <c>weights</c>, <c>url</c>, <c>license</c>, and whatever else is to be kept.</summary>
    public IReadOnlyDictionary<string, string> Provenance { get; init; } = new Dictionary<string, string>();

    /// <summary>By data set: what was measured, such as <c>acc@1</c> in percent.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Metrics { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, double>>();

    /// <summary>
    /// The SHA-256 of the weight file in hexadecimal digits; null where whoever wrote the folder did not say it. Where it is said, weights
    /// with another one are refused.
    /// </summary>
    public string? WeightsSha256 { get; init; }

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ArgumentException">Something else is wrong.</exception>
    internal ModelManifest Validated()
    {
        var id = ModelZoo.Find(Model).Variant.Id;
        if (Classes is not { Count: > 0 }) throw new ArgumentException("There are no classes.");
        for (var i = 0; i < Classes.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(Classes[i])) throw new ArgumentException($"Class {i} has no name.");
        }
        if (Options.NumClasses is { } count && count != Classes.Count)
            throw new ArgumentException($"The network is said to have {count} classes, but {Classes.Count} have names.");
        if (!Enum.IsDefined(Task)) throw new ArgumentException($"There is no task {Task}.");
        Preset.Validate();
        return this with { Model = id, Options = Options with { NumClasses = Classes.Count } };
    }
}
