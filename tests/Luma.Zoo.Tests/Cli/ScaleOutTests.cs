using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Luma.Zoo.Cli;
using Luma.Zoo.Tests.Packages;
using YamlDotNet.RepresentationModel;

namespace Luma.Zoo.Tests.Cli;

/// <summary>The recipes of docs/scale-out.md: they are run as they stand there, with a scheduler's variables and no scheduler.</summary>
[Collection(nameof(Processes))]
[Trait("Category", "Slow")]
public sealed partial class ScaleOutTests : IDisposable
{
    private static readonly string Docs = Path.Combine(Repository.Root, "docs");

    private readonly ManyImages images = new(1600, damaged: [3, 77, 1599]);

    public void Dispose() => images.Dispose();

    [LinuxFact]
    public async Task The_tasks_of_a_Slurm_array_lose_nothing_and_do_nothing_twice_when_one_is_killed()
    {
        var script = Path.Combine(Docs, "slurm", "classify.sbatch");
        var array = Regex.Match(File.ReadAllText(script), @"#SBATCH --array=(\d+)-(\d+)");
        var (first, last) = (int.Parse(array.Groups[1].Value, null), int.Parse(array.Groups[2].Value, null));
        var results = images.Output("results");
        Process Begin(int id) => Start(
            ["bash", script, "lenet_5", images.Folder, results],
            ("SLURM_ARRAY_TASK_ID", $"{id}"), ("SLURM_ARRAY_TASK_COUNT", $"{last - first + 1}"), ("SLURM_ARRAY_TASK_MIN", $"{first}"), ("SLURM_ARRAY_TASK_MAX", $"{last}"),
            ("SLURM_CPUS_PER_TASK", "1"));

        var tasks = Enumerable.Range(first, last - first + 1).Select(Begin).ToList();
        // As a node that goes away: the script and what it runs.
        await KillOnceItWritesAsync(tasks[1], Path.Combine(results, "part-1.jsonl"));
        foreach (var task in tasks) await task.WaitForExitAsync();
        Assert.Equal([0, 137, 0, 0], tasks.Select(task => task.ExitCode));
        using (var again = Begin(first + 1))
        {
            await again.WaitForExitAsync();
            Assert.Equal(0, again.ExitCode);
        }
        foreach (var task in tasks) task.Dispose();

        await AssertWholeAsync(results);
    }

    [LinuxFact]
    public async Task The_pods_of_a_Kubernetes_Job_lose_nothing_and_do_nothing_twice_when_one_is_killed()
    {
        var spec = Node(ReadManifest(), "spec");
        var pod = Node(spec, "template", "spec");
        var container = (YamlMappingNode)((YamlSequenceNode)pod["containers"]).Single();
        var count = int.Parse(Text(spec, "completions"), null);
        string[] command = [.. Texts(container["command"]), .. Texts(container["args"])];
        var results = Directory.CreateDirectory(images.Output("results")).FullName;
        // The volumes are folders here, and the model is one that comes with the program.
        command[^1] = command[^1].Replace("/images", images.Folder, StringComparison.Ordinal).Replace("/results", results, StringComparison.Ordinal)
            .Replace("squeezenet1_1", "lenet_5", StringComparison.Ordinal);
        var variables = ((YamlSequenceNode)container["env"]).Select(variable => (Text(variable, "name"), Text(variable, "value"))).ToList();
        Process Begin(int index) => Start(command, [.. variables, ("JOB_COMPLETION_INDEX", $"{index}")]);

        var pods = Enumerable.Range(0, count).Select(Begin).ToList();
        await KillOnceItWritesAsync(pods[2], Path.Combine(results, "part-2.jsonl"));
        foreach (var begun in pods) await begun.WaitForExitAsync();
        Assert.Equal([0, 0, 137, 0], pods.Select(begun => begun.ExitCode));
        using (var again = Begin(2))
        {
            await again.WaitForExitAsync();
            Assert.Equal(0, again.ExitCode);
        }
        foreach (var begun in pods) begun.Dispose();

        await AssertWholeAsync(results);
    }

    [Fact]
    public void The_manifest_is_an_indexed_Job_whose_parts_fit_together()
    {
        var job = ReadManifest();
        var spec = Node(job, "spec");
        var pod = Node(spec, "template", "spec");
        var container = (YamlMappingNode)((YamlSequenceNode)pod["containers"]).Single();
        var count = int.Parse(Text(spec, "completions"), null);

        Assert.Equal(("batch/v1", "Job", "Indexed"), (Text(job, "apiVersion"), Text(job, "kind"), Text(spec, "completionMode")));
        Assert.InRange(int.Parse(Text(spec, "parallelism"), null), 1, count);
        Assert.Contains($"--shard auto/{count} ", Texts(container["args"]).Single(), StringComparison.Ordinal);
        // With a policy for failures a pod must not be restarted in its place.
        Assert.Equal("Never", Text(pod, "restartPolicy"));
        var rules = (YamlSequenceNode)spec["podFailurePolicy"]["rules"];
        Assert.Equal(("FailJob", Text(container, "name"), $"{CommandLine.UsageError}"), (
            Text(rules[0], "action"), Text(rules[0]["onExitCodes"], "containerName"), Texts(rules[0]["onExitCodes"]["values"]).Single()));
        Assert.Equal(
            ((YamlSequenceNode)pod["volumes"]).Select(volume => Text(volume, "name")), ((YamlSequenceNode)container["volumeMounts"]).Select(mount => Text(mount, "name")));
        Assert.All(((YamlSequenceNode)container["volumeMounts"]).Select(mount => Text(mount, "mountPath")), path =>
            Assert.Contains(path, Texts(container["args"]).Single(), StringComparison.Ordinal));
    }

    [Fact]
    public void Every_command_in_the_text_is_one_that_the_program_takes()
    {
        var text = File.ReadAllText(Path.Combine(Docs, "scale-out.md"));
        var commands = Regex.Matches(text, "^luma (.*)$|`luma ([^`]* [^`]*)`", RegexOptions.Multiline).Select(match => match.Groups[1].Value + match.Groups[2].Value).ToList();

        Assert.InRange(commands.Count, 7, 100);
        var root = CommandLine.CreateRoot(new Terminal(TextWriter.Null, TextWriter.Null));
        Assert.All(commands, command =>
        {
            var args = command.Split(' ').Select(word => word.Trim('"')).ToArray();
            Assert.Null(UsageMistakes.Find(root.Parse(args), args));
        });
        Assert.All(Links().Matches(text), link => Assert.True(File.Exists(Path.Combine(Docs, link.Groups[1].Value)), link.Value));
        // Every option of the table is one of the command's, and whatever is about an output is in it.
        var known = root.Subcommands.Single(command => command.Name == "classify").Options.Select(option => option.Name).ToHashSet();
        Assert.All(Regex.Matches(text, @"^\| `(--[a-z-]+)", RegexOptions.Multiline), option => Assert.Contains(option.Groups[1].Value, known));
    }

    private static Process Start(string[] command, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task KillOnceItWritesAsync(Process process, string output)
    {
        while (!process.HasExited && (!File.Exists(output) || new FileInfo(output).Length < 1000)) await Task.Delay(1);
        process.Kill(entireProcessTree: true);
    }

    private async Task AssertWholeAsync(string results)
    {
        await images.ClassifyAsync("--output", images.Output("whole.jsonl"));
        var (whole, parts) = (Read(images.Output("whole.jsonl")).ToList(), Directory.GetFiles(results, "*.jsonl").SelectMany(Read).OrderBy(answer => answer.Path, StringComparer.Ordinal).ToList());

        Assert.Equal(whole, parts);
        Assert.Equal(3, parts.Count(answer => answer.Best is null));

        static IEnumerable<(string Path, string? Best)> Read(string path) => File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement).Select(image => (
            image.GetProperty("path").GetString()!, image.TryGetProperty("predictions", out var predictions) ? predictions[0].GetProperty("label").GetString() : null));
    }

    private static YamlMappingNode ReadManifest()
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(Path.Combine(Docs, "kubernetes", "classify-job.yaml"));
        stream.Load(reader);
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    private static YamlMappingNode Node(YamlNode node, params string[] names) => (YamlMappingNode)names.Aggregate(node, (current, name) => current[name]);

    private static string Text(YamlNode node, string name) => ((YamlScalarNode)node[name]).Value!;

    private static IEnumerable<string> Texts(YamlNode node) => ((YamlSequenceNode)node).Select(item => ((YamlScalarNode)item).Value!);

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Links();
}
