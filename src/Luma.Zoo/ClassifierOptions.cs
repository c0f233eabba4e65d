using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

/// <summary>How <see cref="ModelZoo.CreateClassifierAsync"/> puts a classifier together; what is null comes with the model.</summary>
public sealed record ClassifierOptions
{
    /// <summary>The weights, where the model's name has none: the name of published ones, or the path of a weight file.</summary>
    public string? Weights { get; init; }

    /// <summary>What is chosen about the network, such as <see cref="ModelOptions.TransformInput"/>.</summary>
    public ModelOptions Network { get; init; } = new();

    /// <summary>What keeps published weight files; by default the one that the environment describes.</summary>
    public Hub? Hub { get; init; }

    /// <summary>How a weight file is opened, and which weights are taken of it.</summary>
    public WeightFileOptions? File { get; init; }

    /// <summary>
    /// What makes an image into the network's input. By default that of the model folder or of the published weights; nothing in a bare
    /// weight file says it, so there it is the network's usual one, and <see cref="LoadReport.Warnings"/> says so.
    /// </summary>
    public ImagePreset? Preset { get; init; }

    /// <summary>The names of the classes, one for each; <see cref="Inference.Labels.Load"/> reads them from a file.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Whether an image has one class of many or several at once.</summary>
    public ClassificationTask? Task { get; init; }

    /// <summary>How large an image may be.</summary>
    public DecodeOptions? Decoding { get; init; }

    /// <summary>Where the network computes; on the CPU by default.</summary>
    public Device? Device { get; init; }

    /// <summary>How single calls are gathered into batches; null for not at all. See <see cref="Classifier.Gathering"/>.</summary>
    public GatherOptions? Gathering { get; init; }

    /// <summary>When the network is compiled for speed, which changes the last bits of the answers; in the background by default.</summary>
    public ClassifierCompilation Compilation { get; init; } = ClassifierCompilation.Background;

    /// <summary>
    /// What compiles the network: <see cref="Inference.Compilation.Engine.OneDnn"/> by default; <see cref="Inference.Compilation.Engine.Auto"/> measures
    /// several and takes the fastest. A network that an engine named here cannot compile fails with <see cref="ClassifierCompilation.Ahead"/>.
    /// </summary>
    public IInferenceEngine? Engine { get; init; }

    /// <summary>Changes the preset that comes with the model, where a user has said a part of it.</summary>
    internal Func<ImagePreset, ImagePreset>? ChangePreset { get; init; }
}
