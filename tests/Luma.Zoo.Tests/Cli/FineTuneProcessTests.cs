using Luma.Zoo.Tests.Training;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary><c>luma finetune</c> as a process of its own: killed, interrupted, without room, beside another one.</summary>
[Collection(nameof(Processes))]
[Trait("Category", "Slow")]
public sealed class FineTuneProcessTests(FineTuneProcessTests.Undisturbed undisturbed) : IClassFixture<FineTuneProcessTests.Undisturbed>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [LinuxFact]
    public void A_run_that_is_killed_at_twenty_random_moments_ends_with_the_same_bytes()
    {
        // An epoch's end takes as long as many steps, and what is killed is mostly a start: few epochs of small batches have as many moments.
        const string Steps = "--epochs 10 --batch-size 16";
        var random = new Random(12);
        // So many checkpoints after it has begun, or so many tenths of a second where there are none; and a little later.
        var moments = string.Join(' ', Enumerable.Range(0, 20).Select(i => FormattableString.Invariant($"{(i % 5 == 0 ? 0 : random.Next(1, 6))}:{(i % 5 == 0 ? 1.5 : 0.1) * random.NextDouble():F3}")));

        var (code, output, error) = Run(
            $"{FineTune("whole", Steps)} > /dev/null || exit 50; killed=0; "
            + $"for moment in {moments}; do : > err.txt; {FineTune("killed", Steps)} --resume --verbose > /dev/null 2> err.txt & pid=$!; "
            + "for i in $(seq 1000); do [ $(grep -c Saved err.txt) -ge ${moment%:*} ] && break; sleep 0.03; done; sleep ${moment#*:}; "
            + "kill -KILL $pid 2> /dev/null && killed=$((killed + 1)); wait $pid 2> /dev/null; grep -E 'error|cannot' err.txt >&2; done; "
            + $"{FineTune("killed", Steps)} --resume > /dev/null || exit 51; echo $killed; cmp whole/model.safetensors killed/model.safetensors && cmp whole/model.json killed/model.json; code=$?; "
            + "ls -A killed killed/checkpoints | grep -c partial; exit $code");

        Assert.True(code == 0 && error.Length == 0, $"{code}: {output}{error}");
        var lines = output.TrimEnd().Split('\n');
        // Each of the twenty hit a process that was alive, and nothing half written stays.
        Assert.Equal(["20", "0"], lines);
    }

    [LinuxFact]
    public void An_interrupt_saves_the_run_which_then_goes_on()
    {
        var (code, output, error) = Run(
            $"{FineTune("run")} --verbose > /dev/null 2> err.txt & pid=$!; for i in $(seq 600); do grep -qs % err.txt && break; sleep 0.05; done; kill -INT $pid; wait $pid 2> /dev/null; "
            + $"echo $?; ls run/checkpoints | grep -c step; {FineTune("run")} --resume > /dev/null; echo $?; cmp '{undisturbed.Weights}' run/model.safetensors; echo $?; tail -n 1 err.txt");

        var lines = output.TrimEnd().Split('\n');
        Assert.True(code == 0 && error.Length == 0, $"{code}: {output}{error}");
        Assert.Equal("130", lines[0]);
        Assert.NotEqual("0", lines[1]);
        Assert.Equal(["0", "0"], lines[2..4]);
        Assert.Matches(@"^luma: cancelled after [0-9,]+ steps; the same command with --resume goes on from there$", lines[4]);
    }

    [LinuxFact]
    public void A_second_interrupt_ends_the_run_at_once_and_it_goes_on_all_the_same()
    {
        var (code, output, error) = Run(
            $"{FineTune("run")} --verbose > /dev/null 2> err.txt & pid=$!; for i in $(seq 600); do grep -qs % err.txt && break; sleep 0.05; done; kill -INT $pid; kill -INT $pid; wait $pid 2> /dev/null; "
            + $"echo $?; {FineTune("run")} --resume > /dev/null; echo $?; cmp '{undisturbed.Weights}' run/model.safetensors; echo $?; ls -A run run/checkpoints | grep -c partial");

        Assert.True(error.Length == 0, $"{code}: {error}");
        Assert.Equal(["130", "0", "0", "0"], output.TrimEnd().Split('\n'));
    }

    [LinuxFact]
    public void Two_processes_do_not_train_in_one_folder()
    {
        // The last command must find something saved: it would begin the run, and train to its end.
        var (_, output, _) = Run(
            $"{FineTune("run", "--epochs 400")} > /dev/null 2>&1 & pid=$!; for i in $(seq 600); do ls run/checkpoints/step-* > /dev/null 2>&1 && break; sleep 0.05; done; "
            + $"{FineTune("run", "--epochs 400")} --resume; echo $?; kill -KILL $pid; wait $pid 2> /dev/null; {FineTune("run", "--epochs 401")} --resume; echo $?", mergesErrors: true);

        var lines = output.TrimEnd().Split('\n');
        Assert.Equal("luma: run: another process is training in this folder. Wait for it, or take another folder.", lines[0]);
        Assert.Equal("1", lines[1]);
        // The lock goes with its process, however that ends: what is said now is of the recipe.
        Assert.DoesNotContain(lines[2..], line => line.Contains("another process", StringComparison.Ordinal));
    }

    [LinuxFact]
    public void A_disk_that_is_full_at_a_checkpoint_is_told_and_the_run_goes_on_once_there_is_room()
    {
        // A limit to the size of files in place of a full disk, which needs rights of its own: the run's small files fit, the checkpoint does not.
        var (code, output, error) = Run(
            $"{FineTune("run", every: 10)} > /dev/null & pid=$!; for i in $(seq 600); do [ -e run/checkpoints/step-00001-0000010.safetensors ] && break; sleep 0.02; done; kill -KILL $pid; wait $pid 2> /dev/null; ls run/checkpoints > before.txt; "
            + $"(export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 100; {FineTune("run")} --resume 2> err.txt); echo $?; cat err.txt; ls run/checkpoints | cmp - before.txt && echo same; {FineTune("run")} --resume > /dev/null; cmp '{undisturbed.Weights}' run/model.safetensors; echo $?");

        var lines = output.TrimEnd().Split('\n');
        Assert.True(code == 0 && error.Length == 0, $"{code}: {output}{error}");
        Assert.Equal("1", lines[0]);
        Assert.Matches(@"^luma: run/checkpoints/step-[0-9-]+\.safetensors: cannot be written: the file would be larger than the system allows\.$", lines[1]);
        Assert.Equal(["same", "0"], lines[2..]);
    }

    private string FineTune(string run, string steps = Undisturbed.Steps, int every = 3) => undisturbed.FineTune(run, steps, every);

    private (int Code, string Output, string Error) Run(string script, bool mergesErrors = false) => ProcessTests.Shell(folder, mergesErrors ? $"exec 2>&1; {script}" : script);

    /// <summary>Pictures, and what becomes of a run with them that nothing disturbs.</summary>
    public sealed class Undisturbed : IDisposable
    {
        public const string Steps = "--epochs 3";

        private readonly TemporaryFolder folder = new();
        private readonly DigitFiles digits = new DigitFiles().WithPart("train", 1000).WithPart("t10k", 20);

        public Undisturbed()
        {
            if (OperatingSystem.IsLinux()) Assert.Equal(0, ProcessTests.Shell(folder, FineTune("whole", Steps, 3)).Code);
        }

        public string Weights => folder.File("whole/model.safetensors");

        public string FineTune(string run, string steps, int every) =>
            $"'{Path.Combine(AppContext.BaseDirectory, "luma")}' finetune lenet_5:none --data '{digits.Folder}' --output {run} {steps} --checkpoint-every {every}";

        public void Dispose()
        {
            folder.Dispose();
            digits.Dispose();
        }
    }
}
