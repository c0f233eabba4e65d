using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Inference;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Tests.Training;

/// <summary>Evaluations of networks that give their input as it is, so that all figures can be computed by hand.</summary>
public class EvaluatorTests
{
    [Fact]
    public async Task Figures_of_one_class_each_are_those_of_their_formulas()
    {
        // Probabilities of the classes a, b, c.
        float[][] rows = [[0.7f, 0.2f, 0.1f], [0.1f, 0.5f, 0.4f], [0.6f, 0.3f, 0.1f], [0.2f, 0.2f, 0.6f]];
        var evaluation = await Evaluate(rows, [[0], [1], [2], [2]], ClassificationTask.SingleLabel);

        Assert.Equal((4, 3, 0.75), (evaluation.Count, evaluation.Correct, evaluation.Accuracy));
        Assert.Equal(-(Math.Log(0.7) + Math.Log(0.5) + Math.Log(0.1) + Math.Log(0.6)) / 4, evaluation.Loss, 1e-6);
        Assert.Equal(1, evaluation.Top5Accuracy);
        Assert.Equal([[1, 0, 0], [0, 1, 0], [1, 0, 1]], evaluation.Confusion);
        Assert.Equal((0.5, 1.0, 2.0 / 3), (evaluation.Classes[0].Precision, evaluation.Classes[0].Recall, evaluation.Classes[0].F1));
        Assert.Equal((1.0, 0.5), (evaluation.Classes[2].Precision, evaluation.Classes[2].Recall));
        // Fifteenths: 0.7 is in (10/15, 11/15], 0.5 in (7/15, 8/15]; 0.6 is 9/15, and which side of it a float falls on does not matter here.
        Assert.Equal((0.3 + 0.5 + Math.Abs(1 - 1.2)) / 4, evaluation.CalibrationError!.Value, 1e-5);
        var mistake = Assert.Single(evaluation.Mistakes);
        Assert.Equal((2, "c", "a"), (mistake.Index, mistake.Label, mistake.Predicted));
        Assert.Equal(0.6, mistake.Probability, 1e-6);
        Assert.Null(evaluation.MeanAveragePrecision);
    }

    [Fact]
    public async Task The_first_five_are_counted()
    {
        // The label is 6th, 5th, 1st among seven.
        float[] row = [0.05f, 0.3f, 0.2f, 0.15f, 0.13f, 0.1f, 0.07f];
        var evaluation = await Evaluate([row, row, row], [[6], [5], [1]], ClassificationTask.SingleLabel);

        Assert.Equal((1.0 / 3, 2.0 / 3), (evaluation.Accuracy, evaluation.Top5Accuracy!.Value));
        Assert.True(double.IsNaN(evaluation.Classes[0].Recall));
    }

    [Fact]
    public async Task Figures_of_several_classes_at_once_are_those_of_their_formulas()
    {
        // Logits; a is right of 1 and 3 of 4, b of the two least likely.
        float[][] rows = [[0.9f, -4], [0.8f, -3], [0.3f, -2], [-0.1f, -1]];
        int[][] labels = [[0, 1], [1], [0], []];
        var evaluation = await Evaluate(rows, labels, ClassificationTask.MultiLabel, areLogits: true);

        // a: 1/2 (1/1) + 1/2 (2/3); b: 1/2 (1/3) + 1/2 (2/4).
        Assert.Equal(5.0 / 6, evaluation.Classes[0].AveragePrecision!.Value, 1e-12);
        Assert.Equal(5.0 / 12, evaluation.Classes[1].AveragePrecision!.Value, 1e-12);
        Assert.Equal(0.625, evaluation.MeanAveragePrecision!.Value, 1e-12);
        // The network sees a, a, a and nothing: the third and the fourth are exactly right.
        Assert.Equal((4, 2, 0.5), (evaluation.Count, evaluation.Correct, evaluation.Accuracy));
        Assert.Equal((2, 3, 2), (evaluation.Classes[0].Count, evaluation.Classes[0].Predicted, evaluation.Classes[0].Correct));
        static double Loss(double logit, bool has) => Math.Log(1 + Math.Exp(has ? -logit : logit));
        var loss = rows.Index().Sum(row => Loss(row.Item[0], labels[row.Index].Contains(0)) + Loss(row.Item[1], labels[row.Index].Contains(1))) / 8;
        Assert.Equal(loss, evaluation.Loss, 1e-6);
        Assert.Equal(["b", "not a"], evaluation.Mistakes.Where(mistake => mistake.Index < 2).OrderBy(mistake => mistake.Index).Select(mistake => mistake.Index == 0 ? mistake.Label : "not a"));
        Assert.Empty(evaluation.Confusion);
    }

    [Fact]
    public async Task Equal_scores_count_together()
    {
        // As sklearn.metrics.average_precision_score([1, 0, 1, 0], [1, 1, 1, 0]): 2/3.
        var evaluation = await Evaluate([[1, 0], [1, 0], [1, 0], [0, 0]], [[0], [], [0], []], ClassificationTask.MultiLabel, areLogits: true);

        Assert.Equal(2.0 / 3, evaluation.Classes[0].AveragePrecision!.Value, 1e-12);
        Assert.Null(evaluation.Classes[1].AveragePrecision);
        Assert.Equal(2.0 / 3, evaluation.MeanAveragePrecision!.Value, 1e-12);
    }

    [Fact]
    public async Task What_cannot_be_measured_is_said()
    {
        using var bars = new Bars(4) { Unreadable = [1] };
        using var none = new Bars(2) { Unreadable = [0, 1] };
        using var few = new Bars(3) { Classes = ["a", "b", "c"] };
        using var empty = new Bars(0);
        using var model = Small.Linear();
        var evaluator = new Evaluator(model, Bars.Preset());

        var some = await evaluator.RunAsync(bars);
        Assert.Equal(3, some.Count);
        Assert.StartsWith("image 1: ", Assert.Single(some.Unreadable), StringComparison.Ordinal);
        Assert.EndsWith("none of the other 1 images can be used either.", (await Assert.ThrowsAsync<InvalidDatasetException>(() => evaluator.RunAsync(none))).Message, StringComparison.Ordinal);
        Assert.StartsWith("The network has 10 classes, and the data have 3.", (await Assert.ThrowsAsync<ArgumentException>(() => evaluator.RunAsync(few))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => evaluator.RunAsync(empty));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => evaluator.RunAsync(bars, cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task An_engine_that_is_named_computes_what_is_measured()
    {
        using var bars = new Bars(8);
        using var model = Small.Linear();

        var own = await new Evaluator(model, Bars.Preset()).RunAsync(bars);
        var compiled = await new Evaluator(model, Bars.Preset()) { Engine = Luma.Zoo.Inference.Compilation.Engine.OneDnn }.RunAsync(bars);
        var other = await new Evaluator(model, Bars.Preset()) { Engine = new FixedEngine(bars.Classes.Count, Answer: 1) }.RunAsync(bars);

        Assert.Equal(own.Loss, compiled.Loss, 1e-5);
        Assert.Equal(own.Accuracy, compiled.Accuracy);
        Assert.All(other.Confusion, row => Assert.Equal(row.Sum(), row[1]));
    }

    private static async Task<Evaluation> Evaluate(float[][] rows, int[][] labels, ClassificationTask task, bool areLogits = false)
    {
        var classes = rows[0].Length;
        using var data = new Rows(rows, labels, task, areLogits);
        using var network = new Sequence { new Flatten() };
        return await new Evaluator(network, new() { Channels = 1, ResizeSize = [1, classes], CropSize = [1, classes], Mean = [0], Std = [1] }) { Loading = new() { BatchSize = 3 } }.RunAsync(data);
    }

    private sealed class Rows(float[][] rows, int[][] labels, ClassificationTask task, bool areLogits) : IDataset, IDisposable
    {
        private readonly Tensor[] inputs =
            [.. rows.Select(row => tensor([.. row.Select(value => areLogits ? value : MathF.Log(value))], [1, 1, row.Length]).DetachFromDisposeScope())];

        public int Count => rows.Length;

        public IReadOnlyList<string> Classes => [.. Enumerable.Range(0, rows[0].Length).Select(i => $"{(char)('a' + i)}")];

        public ClassificationTask Task => task;

        public LabelledImage Get(int index) => new(ImageSource.FromTensor(inputs[index]), labels[index]);

        public void Dispose()
        {
            foreach (var input in inputs) input.Dispose();
        }
    }
}
