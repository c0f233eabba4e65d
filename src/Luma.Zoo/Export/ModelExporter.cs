using Luma.Zoo.Export.Onnx;
using Luma.Zoo.Export.TorchScript;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Export;

/// <summary>Writes a model that is named in any way for other runtimes, with what belongs to it.</summary>
internal static class ModelExporter
{
    /// <summary>Writes an ONNX model.</summary>
    /// <param name="source">The model, whose published weights are there.</param>
    /// <param name="options">What is to be otherwise than as it comes with the model.</param>
    /// <param name="path">The file.</param>
    /// <param name="export">How it is written; shape, preset, labels and facts come from the model.</param>
    /// <param name="progress">Is told how many bytes of the weights are written.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>What was written, and what was taken of the weights.</returns>
    public static (OnnxExportReport Report, LoadReport Load) ExportOnnx(
        ModelSource source, ClassifierOptions options, string path, OnnxExportOptions export, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        var parts = ModelZoo.TakeApart(source, options);
        using var network = parts.Network;
        cancellationToken.ThrowIfCancellationRequested();

        var facts = ModelPacker.Provenance(source, parts.Published, source.Weights);
        facts["model"] = source.Variant.Id;
        facts["task"] = parts.Task == Inference.ClassificationTask.MultiLabel ? "multi-label" : "single-label";
        var report = network.ExportOnnx(path, export with { Preset = parts.Preset, Labels = parts.Labels, Metadata = facts }, progress, cancellationToken);
        return (report, parts.Report);
    }

    /// <summary>Writes a TorchScript archive.</summary>
    /// <param name="source">The model, whose published weights are there.</param>
    /// <param name="options">What is to be otherwise than as it comes with the model.</param>
    /// <param name="path">The file.</param>
    /// <param name="progress">Is told how many bytes of the weights are written.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>What was taken of the weights.</returns>
    public static LoadReport ExportTorchScript(
        ModelSource source, ClassifierOptions options, string path, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        var parts = ModelZoo.TakeApart(source, options);
        using var network = parts.Network;
        cancellationToken.ThrowIfCancellationRequested();
        network.ExportTorchScript(path, parts.Preset.GetInputShape(), progress, cancellationToken);
        return parts.Report;
    }
}
