using Luma.Neural;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo;

/// <summary>Networks of one design.</summary>
/// <param name="Name">The family's name, such as <c>ResNet</c>.</param>
/// <param name="Variants">Its networks.</param>
public sealed record ModelFamily(string Name, IReadOnlyList<ModelVariant> Variants);

/// <summary>One network of the catalogue.</summary>
/// <param name="Id">Its id: torchvision's where torchvision has the network.</param>
/// <param name="Parameters">How many trainable numbers the default configuration has.</param>
/// <param name="InputShape">Channels, height and width of the image that it was made for.</param>
/// <param name="Build">Builds it.</param>
public sealed record ModelVariant(string Id, long Parameters, (int Channels, int Height, int Width) InputShape, Func<ModelOptions, Block> Build)
{
    /// <summary>Builds it. A choice that it does not have is refused under its id.</summary>
    public Func<ModelOptions, Block> Build { get; } = options =>
    {
        try
        {
            return Build(options);
        }
        catch (ModelOptionException error)
        {
            throw error.Of(Id);
        }
    };

    /// <summary>What it is, in one line, with its source.</summary>
    public required string Description { get; init; }

    /// <summary>Further names that it answers to.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Whether <see cref="ModelConfig.Luma"/> is another network than the default.</summary>
    public bool HasLumaConfig { get; init; }

    /// <summary>How weights that others have saved fit it.</summary>
    internal KeyMap KeyMap { get; init; } = KeyMap.None;

    /// <summary>Whether <see cref="ModelOptions.TransformInput"/> decides what the network computes, which no tensor tells.</summary>
    internal bool HasInputTransform { get; init; }

    /// <inheritdoc cref="KeyMap.Adapt"/>
    internal StateDict? Adapt(StateDict weights, NeuralModule network) => KeyMap.Adapt(weights, network, Id);
}
