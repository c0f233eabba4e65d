using Luma.Zoo.Inference;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>Counts images of several classes at once.</summary>
internal sealed class MultiLabelCounter(IDataset data, double threshold, int mostMistakes) : EvaluationCounter(data, mostMistakes)
{
    private readonly List<(float Score, bool Has)>[] scores = [.. data.Classes.Select(_ => new List<(float, bool)>())];

    public override void Add(Batch batch, Tensor logits)
    {
        TotalLoss += nn.functional.binary_cross_entropy_with_logits(logits, batch.Targets).item<float>() * batch.Count;
        var probabilities = logits.sigmoid().contiguous().data<float>().ToArray();
        var classes = Data.Classes.Count;
        foreach (var (row, index) in batch.Indices.Index())
        {
            var labels = Data.GetLabels(index);
            var wrong = -1;
            var sure = 0.0;
            for (var i = 0; i < classes; i++)
            {
                var (score, has) = (probabilities[(row * classes) + i], labels.Contains(i));
                scores[i].Add((score, has));
                var against = has ? 1 - score : score;
                if (score >= threshold == has || against <= sure) continue;
                (wrong, sure) = (i, against);
            }

            Count++;
            if (wrong < 0) Correct++;
            else AddMistake(index, Name(labels.Contains(wrong), wrong), Name(!labels.Contains(wrong), wrong), sure);
        }
    }

    public override Evaluation Finish()
    {
        ClassEvaluation[] classes =
        [
            .. Data.Classes.Select((name, i) => new ClassEvaluation(
                name, scores[i].Count(score => score.Has), scores[i].Count(score => score.Score >= threshold), scores[i].Count(score => score.Has && score.Score >= threshold))
            {
                AveragePrecision = AveragePrecision(scores[i]),
            }),
        ];
        var precisions = classes.Select(entry => entry.AveragePrecision).OfType<double>().ToList();
        return new()
        {
            Task = ClassificationTask.MultiLabel,
            Count = Count,
            Correct = Correct,
            Loss = TotalLoss / Count,
            MeanAveragePrecision = precisions.Count == 0 ? 0 : precisions.Average(),
            Classes = classes,
            Mistakes = Mistakes(),
        };
    }

    // As scikit-learn's average_precision_score: images with equal scores count together.
    private static double? AveragePrecision(List<(float Score, bool Has)> images)
    {
        var positives = images.Count(image => image.Has);
        if (positives == 0) return null;

        var (seen, found, sum) = (0, 0, 0.0);
        foreach (var equal in images.GroupBy(image => image.Score).OrderByDescending(group => group.Key))
        {
            var more = equal.Count(image => image.Has);
            (seen, found) = (seen + equal.Count(), found + more);
            sum += (double)more / positives * found / seen;
        }
        return sum;
    }

    private string Name(bool has, int index) => has ? Data.Classes[index] : $"not {Data.Classes[index]}";
}
