using System.Text.Json;

namespace Luma.Zoo.Tests.Cli;

/// <summary><c>luma classify</c> on many files as a process of its own.</summary>
[Collection(nameof(Processes))]
[Trait("Category", "Slow")]
public sealed class ClassifyProcessTests : IDisposable
{
    private readonly ManyImages images = new(40);

    public void Dispose() => images.Dispose();

    [LinuxFact]
    public void A_list_may_come_through_standard_input()
    {
        var lines = Run("find images -name '000[0-4].png' | sort | $L classify lenet_5 --from-file - --format csv --top 1");
        var separated = Run("find images -name '000[0-4].png' -print0 | sort -z | $L classify lenet_5 --from-file - --null --format csv --top 1");
        var pipe = Run("$L classify lenet_5 --from-file <(find images -name '000[0-4].png' | sort) --format csv --top 1");

        // What counts them must not take them away.
        var shown = Run("$L classify lenet_5 --from-file <(find images -name '000[0-4].png' | sort) --format csv --top 1 --verbose");

        Assert.Equal((0, lines.Output), (shown.Code, shown.Output));
        Assert.Equal((0, ""), (lines.Code, lines.Error));
        Assert.Equal(6, lines.Output.TrimEnd().Split('\n').Length);
        Assert.Equal((lines, lines), (separated, pipe));
    }

    [LinuxFact]
    public void A_closed_standard_input_is_told_and_never_waited_for_by_whatever_name()
    {
        foreach (var name in (string[])["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"])
        {
            var closed = Run($"timeout 60 $L classify lenet_5 --from-file {name} <&-");
            var open = Run($"echo images/0000.png | $L classify lenet_5 --from-file {name} --format csv --top 1");

            Assert.Equal((1, "", "luma: standard input is closed: write the list to it, or name a file\n"), closed);
            Assert.Equal((0, 2), (open.Code, open.Output.TrimEnd().Split('\n').Length));
        }
    }

    [LinuxFact]
    public void A_name_that_is_no_text_is_told_and_does_not_stop_the_others()
    {
        var folder = Run(@"cp images/0000.png $'images/0000\xff.png'; $L classify lenet_5 images --format jsonl; code=$?; rm $'images/0000\xff.png'; exit $code");
        var list = Run(@"printf 'images/0000\xff.png\nimages/0001.png\n' | $L classify lenet_5 --from-file - --format jsonl");
        var argument = Run(@"$L classify lenet_5 $'images/0000\xff.png' images/0001.png --format jsonl");

        const string Rename = "rename the file", Save = "save the list as UTF-8, or rename the file if its name is not";
        foreach (var (run, count, advice) in new[] { (folder, 41, Rename), (list, 2, Save), (argument, 2, Rename) })
        {
            Assert.Equal(1, run.Code);
            Assert.EndsWith($"this name is not valid UTF-8; {advice}", Assert.Single(run.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
            var results = run.Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
            Assert.Equal((count, count - 1), (results.Count, results.Count(result => result.TryGetProperty("predictions", out _))));
        }
    }

    // A line has 16 bytes, and they come at once: 64 fill a reader's buffer to the last byte.
    [LinuxTheory]
    [InlineData(16)]
    [InlineData(64)]
    public void Lines_are_there_while_others_are_still_to_come(int lines)
    {
        // The list has no end until the first answers have been seen.
        var (code, output, _) = Run("mkfifo list; $L classify lenet_5 --from-file list --format jsonl > out & pid=$!; exec 3> list; "
            + $"for i in $(seq {lines}); do echo images/0001.png; done > lines; cat lines >&3; for i in $(seq 600); do [ -s out ] && break; sleep 0.05; done; cat out; exec 3>&-; wait $pid");

        Assert.Equal(0, code);
        Assert.StartsWith("{\"path\":\"images/0001.png\",\"predictions\":[", output, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_run_that_waits_for_its_list_can_be_stopped()
    {
        var (code, output, error) = Run("mkfifo list; $L classify lenet_5 --from-file list --output out.jsonl 2> err.txt & pid=$!; exec 3> list; "
            + "for i in $(seq 16); do echo images/0001.png >&3; done; for i in $(seq 600); do [ -s out.jsonl ] && break; sleep 0.05; done; "
            + "kill -INT $pid; wait $pid 2> /dev/null; code=$?; exec 3>&-; cat err.txt >&2; exit $code");

        Assert.Equal((130, "", "luma: cancelled\n"), (code, output, error));
        Assert.Equal(16, File.ReadLines(images.Output("out.jsonl")).Count());
    }

    [LinuxFact]
    public void A_disk_that_is_full_is_told_in_one_line()
    {
        var (code, _, error) = Run("$L classify lenet_5 images --format jsonl > /dev/full");
        Assert.Equal((1, "luma: standard output cannot be written: the disk is full\n"), (code, error));

        // Needs a right that not everybody has.
        var disk = Run("mkdir disk && mount -t tmpfs -o size=8k none disk 2> /dev/null || exit 99; trap 'umount disk' EXIT; "
            + "$L classify lenet_5 images --output disk/out.jsonl; code=$?; rm disk/out.jsonl.meta.json; tail -n 1 disk/out.jsonl | head -c 9; exit $code");
        if (disk.Code == 99) return;
        Assert.Equal((1, "luma: disk/out.jsonl: cannot be written: the disk is full\n", "{\"path\":\""), (disk.Code, disk.Error, disk.Output));
    }

    [LinuxFact]
    public void What_is_written_when_the_user_stops_it_is_whole()
    {
        foreach (var format in (string[])["jsonl", "json", "csv", "parquet"])
        {
            var (code, output, error) = Run(
                $"rm -f err.txt; $L classify lenet_5 $(for i in $(seq 200); do echo images; done) --output out.{format} --verbose 2> err.txt & pid=$!; "
                + "for i in $(seq 600); do grep -qs 10% err.txt && break; sleep 0.05; done; kill -INT $pid; wait $pid 2> /dev/null; code=$?; tail -n 1 err.txt >&2; exit $code");

            Assert.Equal((130, "", "luma: cancelled\n"), (code, output, error));
            Assert.False(JsonDocument.Parse(File.ReadAllText(images.Output($"out.{format}.meta.json"))).RootElement.GetProperty("complete").GetBoolean());
            var file = images.Output($"out.{format}");
            if (format == "jsonl") Assert.InRange(File.ReadLines(file).Select(line => JsonDocument.Parse(line)).Count(), 400, 8000);
            if (format == "json") Assert.InRange(JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetArrayLength(), 400, 8000);
            if (format == "parquet") Assert.Equal("PAR1"u8.ToArray(), File.ReadAllBytes(file)[^4..]);
            Assert.DoesNotContain(images.Root.Names, name => name!.EndsWith(".partial", StringComparison.Ordinal));
        }
    }

    private (int Code, string Output, string Error) Run(string script) =>
        ProcessTests.Shell(images.Root, $"L='{Path.Combine(AppContext.BaseDirectory, "luma")}'; {script}");
}
