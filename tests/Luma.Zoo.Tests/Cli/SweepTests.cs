using System.Text.RegularExpressions;
using Luma.Zoo.Tests.Packages;
using Luma.Zoo.Tests.Training;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>The sweep of docs/fine-tuning.md: its script is run as it stands there, with a scheduler's variables and no scheduler.</summary>
[Collection(nameof(Processes))]
[Trait("Category", "Slow")]
public sealed class SweepTests : IDisposable
{
    private static readonly string Script = Path.Combine(Repository.Root, "docs", "slurm", "finetune.sbatch");

    private readonly TemporaryFolder folder = new();
    private readonly DigitFiles digits = new DigitFiles().WithPart("train", 80).WithPart("t10k", 20);

    public void Dispose()
    {
        folder.Dispose();
        digits.Dispose();
    }

    [LinuxFact]
    public async Task The_tasks_of_a_Slurm_array_are_runs_of_their_own_and_one_that_is_restarted_goes_on()
    {
        var last = int.Parse(Regex.Match(File.ReadAllText(Script), @"#SBATCH --array=0-(\d+)").Groups[1].Value, null);
        int[] tasks = [0, 4, last, last];

        var (code, output, error) = ProcessTests.Shell(folder, string.Concat(tasks.Select(task =>
            $"PATH='{AppContext.BaseDirectory}':$PATH SLURM_ARRAY_TASK_ID={task} SLURM_CPUS_PER_TASK=1 bash '{Script}' lenet_5:none '{digits.Folder}' runs --epochs 2 2>> err.txt || exit 50; ")));

        Assert.True(code == 0, $"{output}{error}{File.ReadAllText(folder.File("err.txt"))}");
        var runs = (await Run.Of("runs", folder.File("runs"), "--json")).Json().EnumerateArray()
            .Select(run => (run.GetProperty("seed").GetInt32(), run.GetProperty("learningRate").GetDouble(), run.GetProperty("epochs").GetInt32(), run.GetProperty("state").GetString()))
            .Order().ToList();
        Assert.Equal([(0, 0.003, 2, "finished"), (1, 0.01, 2, "finished"), (2, 0.03, 2, "finished")], runs);
    }
}
