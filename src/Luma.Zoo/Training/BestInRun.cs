using Luma.Neural;
using Luma.Zoo.Files;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Training;

/// <summary>Keeps the best weights as the model that a run's folder is.</summary>
internal sealed class BestInRun(string folder, ModelManifest manifest) : IBestWeights
{
    // Where timm has the network under the same names, the folder opens there too.
    private readonly byte[]? timms = TimmLayout.Write(manifest);

    public void Keep(NeuralModule network, EpochRecord record)
    {
        Dictionary<string, double> metrics = [];
        if (record.Accuracy is { } accuracy) metrics[record.MeanAveragePrecision is null ? "acc@1" : "exact"] = 100 * accuracy;
        if (record.Top5Accuracy is { } top5) metrics["acc@5"] = 100 * top5;
        if (record.MeanAveragePrecision is { } precision) metrics["map"] = 100 * precision;
        var measured = new Dictionary<string, IReadOnlyDictionary<string, double>> { ["validation"] = metrics };
        using var weights = StateDict.Of(network);
        ModelFolder.Save(folder, weights, manifest with { Metrics = measured }, overwrite: true);
        if (timms is not null) AtomicFile.Write(Path.Combine(folder, TimmLayout.FileName), stream => stream.Write(timms));
    }

    public void Check() => ModelFolder.Open(folder).OpenWeights().Dispose();

    public void PutBack(NeuralModule network)
    {
        using var weights = ModelFolder.Open(folder).OpenWeights();
        network.Load(weights);
    }

    public void Dispose()
    {
    }
}
