using System.Globalization;
using Luma.Neural.Layers;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

// Networks with the preset and the labels that belong to their weights.
public static partial class ModelZoo
{
    /// <summary>Puts a classifier together: a network with weights, and the preset and the labels that belong to them.</summary>
    /// <param name="id">The network's id or one of its aliases, in any case.</param>
    /// <param name="weights">The name of published weights, or the path of a weight file; the default ones where null.</param>
    /// <param name="numClasses">The number of classes, where a weight file has another than the network's own.</param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <param name="transformInput">What <see cref="ModelOptions.TransformInput"/> is; null where the weights tell it.</param>
    /// <param name="file">How a weight file is opened, and which weights are taken of it.</param>
    /// <returns>
    /// The classifier, which owns the network; dispose of it. Its <see cref="Classifier.LoadReport"/> says what was taken of the weights.
    /// </returns>
    /// <remarks>
    /// Published weights that are not on this machine are fetched first; <see cref="DownloadAsync"/> does that with progress and
    /// cancellation. For a weight file, preset and labels are those of the published weights whose file name it has, else of the
    /// network's default weights. Where there are none the preset is ImageNet's for the network's input size, and where the number of
    /// classes is another the labels are numbers.
    /// </remarks>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    /// <exception cref="FileNotFoundException">There are neither published weights of that name nor such a file.</exception>
    /// <exception cref="NotSupportedException">The weights were published for something else than classifying.</exception>
    /// <exception cref="DownloadException">The weights could not be fetched.</exception>
    /// <exception cref="WeightFileException">The weight file is damaged.</exception>
    /// <exception cref="WeightMismatchException">The weights are another network's.</exception>
    /// <exception cref="DifferentNetworkException">The weights are timm's for a network that computes something else.</exception>
    public static Classifier CreateClassifier(
        string id, string? weights = null, long? numClasses = null, Hub? hub = null, bool? transformInput = null, WeightFileOptions? file = null)
    {
        var variant = Find(id).Variant;
        var published = FindKnown(variant.Id, weights ?? DefaultWeights) ?? FindWeights(variant.Id, DefaultWeights);
        if (published is { Labels: null })
            throw new NotSupportedException($"{published.Name} of {variant.Id} has no classes: it is for features alone.");

        var options = new ModelOptions { NumClasses = numClasses, TransformInput = transformInput };
        var network = CreatePretrained(variant.Id, options, weights ?? DefaultWeights, out var report, hub, file);
        try
        {
            var preset = published?.Preset ?? ImageNetPreset(variant);
            var labels = published?.Labels is { } set ? Labels.Get(set) : [];
            var classes = ClassifierHead.CountClasses(network);
            return new(network.ToChannelsLast(), preset, labels.Count == classes ? labels : Numbers(classes), ownsModel: true) { LoadReport = report };
        }
        catch
        {
            network.Dispose();
            throw;
        }

        static string[] Numbers(long count) => [.. Enumerable.Range(0, (int)count).Select(i => i.ToString(CultureInfo.InvariantCulture))];
    }

    /// <summary>As <see cref="CreateClassifier"/>, without blocking a thread while weights are fetched.</summary>
    /// <param name="id">The network's id or one of its aliases, in any case.</param>
    /// <param name="weights">The name of published weights, or the path of a weight file; the default ones where null.</param>
    /// <param name="numClasses">The number of classes, where a weight file has another than the network's own.</param>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <param name="transformInput">What <see cref="ModelOptions.TransformInput"/> is; null where the weights tell it.</param>
    /// <param name="file">How a weight file is opened, and which weights are taken of it.</param>
    /// <param name="progress">Is told how far the download has come, if there is one.</param>
    /// <param name="cancellationToken">Stops the download; what has come so far is kept for the next time.</param>
    /// <returns>The classifier, which owns the network; dispose of it.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <inheritdoc cref="CreateClassifier"/>
    public static async Task<Classifier> CreateClassifierAsync(
        string id, string? weights = null, long? numClasses = null, Hub? hub = null, bool? transformInput = null,
        WeightFileOptions? file = null, IProgress<ByteProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        await DownloadAsync(id, weights ?? DefaultWeights, hub, progress, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => CreateClassifier(id, weights, numClasses, hub, transformInput, file), cancellationToken).ConfigureAwait(false);
    }

    // torchvision's first presets: the crop is 224/256 of what the image is resized to.
    private static ImagePreset ImageNetPreset(ModelVariant variant)
    {
        var (channels, height, width) = variant.InputShape;
        var preset = new ImagePreset { ResizeSize = [Math.Min(height, width) * 256 / 224], CropSize = [height, width] };
        return channels == 3 ? preset : preset with { Channels = channels, Mean = [0.5], Std = [0.5] };
    }
}
