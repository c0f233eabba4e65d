using Luma.Zoo.Images;

namespace Luma.Zoo.Export.Onnx;

/// <summary>How a network is written as an ONNX model.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>
    /// The shape of one image as the network takes it, <c>(C, H, W)</c>. By default that of <see cref="Preset"/>; one of the two must be given.
    /// </summary>
    public IReadOnlyList<long>? InputShape { get; init; }

    /// <summary>
    /// Whether the model takes images of other sizes too. By default it does where the network computes the same at every size. The number of
    /// images is always free.
    /// </summary>
    public bool? DynamicSize { get; init; }

    /// <summary>
    /// The type of the weights and of the computation: <see cref="ScalarType.Float32"/>, <see cref="ScalarType.Float16"/> or
    /// <see cref="ScalarType.BFloat16"/>. By default the network's own. Input and output are 32-bit floats in any case.
    /// </summary>
    /// <remarks>
    /// In <see cref="ScalarType.BFloat16"/> the weights alone are kept, at half the size; the model widens them when it is loaded, since hardly
    /// any runtime computes in it.
    /// </remarks>
    public ScalarType? Type { get; init; }

    /// <summary>
    /// Whether batch normalisation is put into the weights before it. By default it stays, so that weights have PyTorch's names and values and
    /// can be read back; runtimes fold it themselves.
    /// </summary>
    public bool FoldBatchNorm { get; init; }

    /// <summary>
    /// Whether the weights are in a second file beside the model. By default they are where all of it would be above two gigabytes, which is the
    /// most that an ONNX file can have.
    /// </summary>
    public bool? ExternalData { get; init; }

    /// <summary>The name of the input.</summary>
    public string InputName { get; init; } = "input";

    /// <summary>The name of the output: one number for each image and class, before any softmax.</summary>
    public string OutputName { get; init; } = "output";

    /// <summary>What makes an image into the network's input: it goes into the model's metadata as JSON.</summary>
    public ImagePreset? Preset { get; init; }

    /// <summary>
    /// Whether the model does what <see cref="Preset"/> says itself. It then takes bytes, <c>(N, H, W, C)</c> in the order red, green, blue (or
    /// grey levels where the preset has one channel), of any size that the images have in common, and computes on the very numbers that
    /// <see cref="ImagePreset.Apply"/> gives.
    /// </summary>
    public bool WithPreprocessing { get; init; }

    /// <summary>The names of the classes, in the order of the outputs: they go into the model's metadata as a JSON array.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>What else goes into the model's metadata, as names and values: the network's id, the licence, where the weights come from.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
