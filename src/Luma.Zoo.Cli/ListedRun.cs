using Luma.Zoo.Training.Reporting;

namespace Luma.Zoo.Cli;

/// <summary>What <c>luma runs --json</c> says of a run. Shares are from 0 to 1; null is what nothing says.</summary>
internal sealed record ListedRun(
    string Folder, string? Model, int Epochs, int? EpochsPlanned, int? BestEpoch, double? Top1, double? MeanAveragePrecision, double? Loss, double? LearningRate, int? Seed,
    string State, string? Problem)
{
    public static ListedRun Of(RunSummary run) => new(
        run.Folder, run.Model, run.EpochsDone, run.EpochsPlanned, run.BestEpoch, run.Accuracy, run.MeanAveragePrecision, run.Loss, run.LearningRate, run.Seed, NameOf(run.State), run.Problem);

    public static string NameOf(RunState state) => state switch
    {
        RunState.Finished => "finished",
        RunState.Running => "running",
        RunState.Stopped => "stopped",
        _ => "damaged",
    };
}

/// <summary>What <c>luma preview --json</c> says.</summary>
internal sealed record PreviewedImages(string Path, int Seed, IReadOnlyList<int> Epochs, IReadOnlyList<PreviewedImage> Images, IReadOnlyList<string> Unreadable);

/// <summary>A picture of <c>luma preview</c>, by what it shows.</summary>
internal sealed record PreviewedImage(string Path, IReadOnlyList<string> Labels);
