using System.Text;
using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Files;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo;

/// <summary>
/// A model with everything that belongs to it: a folder with <c>model.json</c> and <c>model.safetensors</c>, or both in one file, a ZIP
/// archive called <c>.luma</c>. A folder of timm's (<c>config.json</c> and weights, also as Hugging Face's cache keeps it) is one too where
/// its network computes what one of the catalogue does.
/// </summary>
/// <remarks>
/// Opening reads <c>model.json</c>; the weights are read when they are asked for. Where <c>model.json</c> says their SHA-256, others are
/// refused.
/// </remarks>
public sealed class ModelFolder
{
    /// <summary>The end of the name of a model in one file.</summary>
    public const string ArchiveExtension = ".luma";

    private const string TimmConfigName = "config.json";
    private const int MostConfigBytes = 16 << 20, MostReferenceBytes = 4096;

    private ModelFolder(string path, string weightsPath, ModelManifest manifest) => (Path, WeightsPath, Manifest) = (path, weightsPath, manifest);

    /// <summary>The folder or file, as it was given.</summary>
    public string Path { get; }

    /// <summary>What is known of the model.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>What <see cref="StateDict.Open(string, WeightFileOptions?)"/> opens.</summary>
    internal string WeightsPath { get; }

    /// <summary>Opens a model.</summary>
    /// <param name="path">The folder, or the file that has both.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelFolderException">There is no model, or what it says of itself is wrong.</exception>
    /// <exception cref="DifferentNetworkException">It is timm's, and its network is none of the catalogue's.</exception>
    public static ModelFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return TryOpen(path) ?? throw new ModelFolderException(path, WhyNot(path));
    }

    /// <summary>Opens a model where there is one.</summary>
    /// <param name="path">A path.</param>
    /// <returns>The model; null where the path leads to something else, such as weights alone, or to nothing.</returns>
    /// <exception cref="ModelFolderException">What the model says of itself is wrong.</exception>
    /// <exception cref="DifferentNetworkException">It is timm's, and its network is none of the catalogue's.</exception>
    internal static ModelFolder? TryOpen(string path)
    {
        if (Directory.Exists(path)) return TryOpenFolder(path, Snapshot(path));
        if (!File.Exists(path)) return null;

        var json = ReadFromArchive(path);
        return json is null ? null : new(path, path, Parse($"{path}: {ModelArchive.ManifestName}", json));
    }

    /// <summary>The model that a weight file belongs to: that of its folder, if the file is the one that the folder's model has.</summary>
    /// <param name="path">A weight file.</param>
    internal static ModelFolder? TryOpenAround(string path)
    {
        try
        {
            return File.Exists(path) && System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } folder
                && HasManifest(folder) && System.IO.Path.GetFileName(ShardIndex.FileIn(folder)) == System.IO.Path.GetFileName(path)
                ? TryOpenFolder(folder, folder)
                : null;
        }
        catch (WeightFileException)
        {
            return null;
        }
    }

    /// <summary>Opens the weights.</summary>
    /// <param name="options">How they are opened; by default they are read into memory.</param>
    /// <returns>The tensors; dispose of them.</returns>
    /// <exception cref="WeightFileException">The weights are damaged, not there, or others than <c>model.json</c> says.</exception>
    public StateDict OpenWeights(WeightFileOptions? options = null) =>
        ModelZoo.OpenWeights(Manifest.Model, WeightsPath, file: Opening(options));

    /// <summary>Builds the network with its weights.</summary>
    /// <param name="options">What is chosen otherwise than in the folder, such as another number of classes, whose head is drawn afresh.</param>
    /// <returns>The network, in training mode as PyTorch's are.</returns>
    /// <exception cref="WeightFileException">The weights are damaged, not there, or others than <c>model.json</c> says.</exception>
    /// <exception cref="WeightMismatchException">The weights are another network's.</exception>
    public Block CreateNetwork(ModelOptions? options = null) =>
        ModelZoo.Create(Manifest.Model, (options ?? new()).Or(Manifest.Options), WeightsPath, out _, file: Opening(null));

    /// <summary>Puts a classifier together.</summary>
    /// <param name="options">What is to be otherwise than in the folder.</param>
    /// <returns>The classifier, which owns its network; dispose of it.</returns>
    /// <inheritdoc cref="ModelZoo.CreateClassifier"/>
    public Classifier CreateClassifier(ClassifierOptions? options = null) =>
        ModelZoo.PutTogether(new ModelSource(this), options ?? new());

    /// <summary>Writes a model.</summary>
    /// <param name="path">
    /// The folder, which is made where it is not there; or a file whose name ends in <c>.luma</c> or <c>.zip</c>, which gets all in one. At no
    /// time is there half a model, whenever the process ends.
    /// </param>
    /// <param name="weights">The weights under the network's own names, as <see cref="StateDict.Of(nn.Module)"/> gives them.</param>
    /// <param name="manifest">What is known of the model. <see cref="ModelManifest.WeightsSha256"/> is put in.</param>
    /// <param name="overwrite">Whether a model that is there is replaced. Other files in the folder stay.</param>
    /// <param name="progress">Is told how many bytes of the weights are written.</param>
    /// <param name="cancellationToken">Stops the writing; what was there stays.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ArgumentException">The manifest makes no sense.</exception>
    /// <exception cref="NotSupportedException">Safetensors does not have a tensor's type.</exception>
    /// <exception cref="IOException">Something is there already, or it cannot be written; the message names the path as it was given.</exception>
    public static ModelFolder Save(
        string path, StateDict weights, ModelManifest manifest, bool overwrite = false, IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(manifest);
        manifest = manifest.Validated();
        return new(path, path, new ModelWriter(path, weights, manifest, overwrite, progress, cancellationToken).Write());
    }

    /// <summary>Writes a network as a model.</summary>
    /// <param name="path">The folder, or a file whose name ends in <c>.luma</c> or <c>.zip</c>.</param>
    /// <param name="network">The network.</param>
    /// <param name="manifest">What is known of the model.</param>
    /// <param name="overwrite">Whether a model that is there is replaced. Other files in the folder stay.</param>
    /// <param name="progress">Is told how many bytes of the weights are written.</param>
    /// <param name="cancellationToken">Stops the writing; what was there stays.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ArgumentException">The manifest makes no sense, or has names for another number of classes than the network.</exception>
    /// <inheritdoc cref="Save(string, StateDict, ModelManifest, bool, IProgress{ByteProgress}?, CancellationToken)"/>
    public static ModelFolder Save(
        string path, NeuralModule network, ModelManifest manifest, bool overwrite = false, IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(manifest);
        var classes = ClassifierHead.CountClasses(network);
        if (classes != manifest.Classes.Count)
            throw new ArgumentException($"The network has {classes} classes, and {manifest.Classes.Count} have names.", nameof(manifest));

        using var weights = StateDict.Of(network);
        return Save(path, weights, manifest, overwrite, progress, cancellationToken);
    }

    /// <summary>How the weights are opened: they must be those that are said.</summary>
    internal WeightFileOptions Opening(WeightFileOptions? options) => (options ?? new()) with { Sha256 = options?.Sha256 ?? Manifest.WeightsSha256 };

    private static bool HasManifest(string folder) =>
        File.Exists(System.IO.Path.Combine(folder, ModelArchive.ManifestName)) || File.Exists(System.IO.Path.Combine(folder, TimmConfigName));

    private static ModelFolder? TryOpenFolder(string path, string folder)
    {
        var own = System.IO.Path.Combine(folder, ModelArchive.ManifestName);
        if (File.Exists(own))
        {
            var manifest = Parse(own, ReadFile(own));
            return new(path, ModelWriter.WeightsOf(folder, manifest), manifest);
        }

        var config = System.IO.Path.Combine(folder, TimmConfigName);
        return File.Exists(config) && TimmConfig.TryRead(config, ReadFile(config)) is { } timms ? new(path, folder, timms) : null;
    }

    // Hugging Face's cache keeps a model as snapshots of its repository.
    private static string Snapshot(string folder)
    {
        var snapshots = System.IO.Path.Combine(folder, "snapshots");
        if (HasManifest(folder) || !Directory.Exists(snapshots)) return folder;
        try
        {
            var reference = System.IO.Path.Combine(folder, "refs", "main");
            if (File.Exists(reference) && System.IO.Path.GetFileName(Encoding.UTF8.GetString(RegularFile.ReadAllBytes(reference, MostReferenceBytes)).Trim()) is { Length: > 0 } name
                && Directory.Exists(System.IO.Path.Combine(snapshots, name)))
                return System.IO.Path.Combine(snapshots, name);

            return Directory.GetDirectories(snapshots) is [var only] ? only : folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(folder, FileTrouble.WhileReading(error), error);
        }
    }

    private static byte[]? ReadFromArchive(string path)
    {
        try
        {
            using var source = ByteSource.Open(path, map: false);
            return ModelArchive.ReadManifest(source);
        }
        catch (WeightFileException) when (!path.EndsWith(ArchiveExtension, StringComparison.OrdinalIgnoreCase))
        {
            // Some other file; what is wrong with it says whoever reads it.
            return null;
        }
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return RegularFile.ReadAllBytes(path, MostConfigBytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException(path, FileTrouble.WhileReading(error), error);
        }
    }

    private static ModelManifest Parse(string name, byte[] json)
    {
        try
        {
            return ModelJson.Read(json);
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new ModelFolderException(name, $"this is not a model.json that can be used: {JsonText.Describe(error)}", error);
        }
    }

    private static string WhyNot(string path)
    {
        if (!System.IO.Path.Exists(path)) return "there is no such folder or file";
        if (File.Exists(path)) return $"this is no model in one file: it is not a ZIP archive with {ModelArchive.ManifestName} and {ModelArchive.WeightsName}";

        var config = System.IO.Path.Combine(Snapshot(path), TimmConfigName);
        return File.Exists(config)
            ? $"its {TimmConfigName} is not timm's, which names an architecture; give weights with the network's id, as ID:FILE"
            : $"this folder has no {ModelArchive.ManifestName}, and no {TimmConfigName} of timm's; give weights alone with the network's id, as ID:FILE";
    }
}
