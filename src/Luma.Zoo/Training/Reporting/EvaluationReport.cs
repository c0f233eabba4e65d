using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Reporting;

/// <summary>What a run's <c>evaluation.json</c> and <c>luma evaluate --json</c> say. Shares are from 0 to 1.</summary>
internal sealed record EvaluationReport(
    double Top1,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Top5,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? MeanAveragePrecision,
    double Loss,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? CalibrationError,
    int Images,
    IReadOnlyList<EvaluatedClass> Classes,
    IReadOnlyList<IReadOnlyList<int>> Confusion,
    IReadOnlyList<Mistake> Mistakes,
    IReadOnlyList<string> Unreadable)
{
    public static EvaluationReport Of(Evaluation evaluation) => new(
        evaluation.Accuracy, evaluation.Top5Accuracy, evaluation.MeanAveragePrecision, evaluation.Loss, evaluation.CalibrationError, evaluation.Count,
        [.. evaluation.Classes.Select(entry => new EvaluatedClass(entry.Name, entry.Count, Number(entry.Precision), Number(entry.Recall), Number(entry.F1), entry.AveragePrecision))],
        evaluation.Confusion, evaluation.Mistakes, evaluation.Unreadable);

    private static double? Number(double value) => double.IsNaN(value) ? null : value;
}

/// <summary>What an <see cref="EvaluationReport"/> says of a class. Null is where there is nothing to divide by.</summary>
internal sealed record EvaluatedClass(
    string Name, int Images, double? Precision, double? Recall, double? F1,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? AveragePrecision);
