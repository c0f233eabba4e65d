using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>Counts images of one class each.</summary>
internal sealed class SingleLabelCounter(IDataset data, int mostMistakes) : EvaluationCounter(data, mostMistakes)
{
    private const int Bins = 15, Top = 5;

    private readonly int[][] confusion = [.. data.Classes.Select(_ => new int[data.Classes.Count])];
    private readonly (int Count, int Correct, double Confidence)[] bins = new (int, int, double)[Bins];
    private int amongFirst;

    public override void Add(Batch batch, Tensor logits)
    {
        TotalLoss += nn.functional.cross_entropy(logits, batch.Targets, reduction: nn.Reduction.Sum).item<float>();
        var probabilities = logits.softmax(1).contiguous().data<float>().ToArray();
        var classes = Data.Classes.Count;
        foreach (var (row, index) in batch.Indices.Index())
        {
            var scores = probabilities.AsSpan(row * classes, classes);
            var label = Data.GetLabels(index)[0];
            var predicted = 0;
            var better = 0;
            for (var i = 0; i < classes; i++)
            {
                if (scores[i] > scores[predicted]) predicted = i;
                if (scores[i] > scores[label] || (scores[i] == scores[label] && i < label)) better++;
            }

            Count++;
            confusion[label][predicted]++;
            if (better < Top) amongFirst++;
            var confidence = scores[predicted];
            ref var bin = ref bins[Math.Clamp((int)Math.Ceiling(confidence * Bins) - 1, 0, Bins - 1)];
            bin = (bin.Count + 1, bin.Correct + (predicted == label ? 1 : 0), bin.Confidence + confidence);
            if (predicted == label) Correct++;
            else AddMistake(index, Data.Classes[label], Data.Classes[predicted], confidence);
        }
    }

    public override Evaluation Finish() => new()
    {
        Count = Count,
        Correct = Correct,
        Loss = TotalLoss / Count,
        Top5Accuracy = (double)amongFirst / Count,
        CalibrationError = bins.Where(bin => bin.Count > 0).Sum(bin => Math.Abs(bin.Correct - bin.Confidence)) / Count,
        Classes = [.. Data.Classes.Select((name, i) => new ClassEvaluation(name, confusion[i].Sum(), confusion.Sum(row => row[i]), confusion[i][i]))],
        Confusion = confusion,
        Mistakes = Mistakes(),
    };
}
