using System.Globalization;
using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

// Networks with the preset and the labels that belong to their weights.
public static partial class ModelZoo
{
    /// <summary>Puts a classifier together: a network with weights, and the preset and the labels that belong to them.</summary>
    /// <param name="model">
    /// A network's id or one of its aliases, in any case; <c>ID:WEIGHTS</c> with the name of published weights or the path of a weight file;
    /// or the path of a model folder, or of a model in one file.
    /// </param>
    /// <param name="options">What is to be otherwise than as it comes with the model, or null for nothing.</param>
    /// <returns>
    /// The classifier, which owns the network; dispose of it. Its <see cref="Classifier.LoadReport"/> says what was taken of the weights.
    /// </returns>
    /// <remarks>
    /// Published weights that are not on this machine are fetched first; <see cref="CreateClassifierAsync"/> does that without blocking. A
    /// model folder and published weights have their preset and labels. A bare weight file does not: where neither its name nor its bytes are
    /// those of published weights, the preset is the network's usual one, which <see cref="LoadReport.Warnings"/> says, and the labels
    /// are those of the network's default weights if it has as many classes, else numbers.
    /// </remarks>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ModelReferenceException">The model's name makes no sense.</exception>
    /// <exception cref="ModelFolderException">There is no model in the folder, or what it says of itself is wrong.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    /// <exception cref="ArgumentException">The preset makes no sense or has other channels than the network, or there are not as many labels as classes.</exception>
    /// <exception cref="FileNotFoundException">There are neither published weights of that name nor such a file.</exception>
    /// <exception cref="NotSupportedException">The weights were published for something else than classifying.</exception>
    /// <exception cref="DownloadException">The weights could not be fetched.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged.</exception>
    /// <exception cref="WeightMismatchException">The weights are another network's.</exception>
    /// <exception cref="DifferentNetworkException">The weights are timm's for a network that computes something else.</exception>
    public static Classifier CreateClassifier(string model, ClassifierOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new();
        return PutTogether(ModelSource.Find(model, options.Weights), options);
    }

    /// <summary>As <see cref="CreateClassifier"/>, without blocking a thread while weights are fetched and read.</summary>
    /// <param name="model">A network's id, <c>ID:WEIGHTS</c>, or the path of a model folder or of a model in one file.</param>
    /// <param name="options">What is to be otherwise than as it comes with the model, or null for nothing.</param>
    /// <param name="progress">Is told how far the download has come, if there is one.</param>
    /// <param name="cancellationToken">Stops the download; what has come so far is kept for the next time.</param>
    /// <returns>The classifier, which owns the network; dispose of it.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <inheritdoc cref="CreateClassifier"/>
    public static async Task<Classifier> CreateClassifierAsync(
        string model, ClassifierOptions? options = null, IProgress<ByteProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new();
        var source = await Task.Run(() => ModelSource.Find(model, options.Weights), cancellationToken).ConfigureAwait(false);
        if (source.Folder is null)
            await DownloadAsync(source.Variant.Id, source.Weights ?? DefaultWeights, options.Hub, progress, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => PutTogether(source, options), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts a classifier together.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">What is to be otherwise than as it comes with the model.</param>
    internal static Classifier PutTogether(ModelSource source, ClassifierOptions options)
    {
        var parts = TakeApart(source, options);
        try
        {
            if (options.Device is { } device) parts.Network.to(device);
            return new(parts.Network.ToChannelsLast(), parts.Preset, parts.Labels, options.Decoding, ownsModel: true, options.Engine)
            {
                LoadReport = parts.Report,
                Task = parts.Task,
                Gathering = options.Gathering,
                Compilation = options.Compilation,
            };
        }
        catch
        {
            parts.Network.Dispose();
            throw;
        }
    }

    /// <summary>Everything that belongs to a model.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">What is to be otherwise than as it comes with the model.</param>
    internal static ModelParts TakeApart(ModelSource source, ClassifierOptions options)
    {
        var variant = source.Variant;
        var weights = source.Weights ?? DefaultWeights;
        var known = source.Folder is null ? FindKnown(variant.Id, weights) : null;
        if (known is { Labels: null } && options.Labels is null)
            throw new NotSupportedException($"{known.Name} of {variant.Id} has no classes: it is for features alone.");

        var network = CreatePretrained(
            variant.Id, source.Choose(options.Network), weights, out var report, options.Hub, source.Opening(options.File));
        try
        {
            var (preset, isGuessed) = PresetOf(source, known, network, options);
            if (isGuessed) report = report with { Warnings = [.. report.Warnings, Guessed(preset)] };
            var classes = ClassifierHead.CountClasses(network);
            var labels = options.Labels ?? source.Folder?.Manifest.Classes ?? UsualLabels(known ?? FindWeights(variant.Id, DefaultWeights), classes);
            if (labels.Count != classes)
                throw new ArgumentException($"There are {labels.Count} labels, but the network has {classes} classes.", nameof(options));

            return new(network, preset, labels, options.Task ?? source.Folder?.Manifest.Task ?? ClassificationTask.SingleLabel, report, known);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The preset of a model, and whether nothing says that it is right.</summary>
    /// <param name="source">The model.</param>
    /// <param name="known">The published weights that it has, or null.</param>
    /// <param name="network">The network, or null where it is not built.</param>
    /// <param name="options">What a user has said of the preset.</param>
    internal static (ImagePreset Preset, bool IsGuessed) PresetOf(
        ModelSource source, PublishedWeights? known, NeuralModule? network, ClassifierOptions options)
    {
        var told = options.Preset ?? source.Folder?.Manifest.Preset ?? known?.Preset;
        var preset = told ?? FindWeights(source.Variant.Id, DefaultWeights)?.Preset ?? ImageNetPreset(source.Variant);
        if (options.ChangePreset is { } change) preset = change(preset);
        preset.Validate();
        if (network is not null && ClassifierHead.CountChannels(network) is { } channels && channels != preset.Channels)
            throw new ArgumentException($"The preset has {preset.Channels} channels, but the network takes {channels}.", nameof(options));
        return (preset, told is null && options.ChangePreset is null);
    }

    /// <summary>The labels of weights where nobody has said any: those of published weights for as many classes, else numbers.</summary>
    internal static IReadOnlyList<string> UsualLabels(PublishedWeights? published, long classes) =>
        published?.Labels is { } set && Labels.Get(set) is { } labels && labels.Count == classes
            ? labels
            : [.. Enumerable.Range(0, (int)classes).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    private static string Guessed(ImagePreset preset) =>
        $"nothing tells how images are to be prepared for these weights; the network's usual preset is taken ({preset}): "
        + "confirm or change this with --preset, --resize, --crop, --interpolation, --mean, --std or --channels (in C#: Preset)";

    // torchvision's first presets: the crop is 224/256 of what the image is resized to.
    private static ImagePreset ImageNetPreset(ModelVariant variant)
    {
        var (channels, height, width) = variant.InputShape;
        var preset = new ImagePreset { ResizeSize = [Math.Min(height, width) * 256 / 224], CropSize = [height, width] };
        return channels == 3 ? preset : preset with { Channels = channels, Mean = [0.5], Std = [0.5] };
    }
}
