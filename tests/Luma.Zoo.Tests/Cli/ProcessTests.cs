using System.Diagnostics;
using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Cli;
using Luma.Zoo.Tests.Images;
using Luma.Zoo.Tests.Training;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>The program as a process of its own: signals, pipes, the environment.</summary>
[Collection(nameof(Processes))]
[Trait("Category", "Slow")]
public sealed class ProcessTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "luma");
    private static readonly string Digit = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "*.png").Order().First();

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [LinuxFact]
    public void An_image_that_memory_does_not_hold_does_not_stop_the_others()
    {
        OneBitPng.Write(folder.File("huge.png"), 13_000, 13_000);

        var (code, output, error) = Shell($"DOTNET_GCHeapHardLimit=0x20000000 '{Program}' classify lenet_5 huge.png '{Digit}' huge.png --json");

        Assert.Equal(1, code);
        using var results = JsonDocument.Parse(output);
        Assert.Equal([true, false, true], results.RootElement.EnumerateArray().Select(result => result.TryGetProperty("error", out _)));
        Assert.Equal("luma: huge.png: there is not enough memory for it\nluma: huge.png: there is not enough memory for it\n", error);
    }

    [LinuxFact]
    public void A_reader_that_has_seen_enough_ends_the_program_without_a_word()
    {
        foreach (var command in (string[])["list", "list --json", "weights --json", "summary resnet18", "forward lenet_5", "--help"])
        {
            var (code, output, error) = Shell($"'{Program}' {command} | head -c 20; exit ${{PIPESTATUS[0]}}");

            Assert.Equal((0, 20, ""), (code, output.Length, error));
        }
    }

    // What each command is given to do that takes a while, where there is such a thing. $F is the folder, $S a server that falls silent.
    private static readonly Dictionary<string, string> Work = new()
    {
        ["list"] = "--json",
        ["info"] = "resnet18",
        ["summary"] = "vgg16 --shape 64,3,224,224",
        ["forward"] = "vgg16 --shape 64,3,224,224 --save $F/saved.pth",
        ["convert"] = "$F/big.safetensors $F/out.pth",
        ["train"] = "lenet_5 --data $F/digits --output $F/trained --epochs 50",
        ["finetune"] = "lenet_5 --data $F/digits --output $F/trained --epochs 50",
        ["evaluate"] = "vgg16 --data $F/digits --mirror $S",
        ["preview"] = "lenet_5 --data $F/digits --output $F/preview.png",
        ["runs"] = "$F",
        ["classify"] = "resnet18 x.png --mirror $S",
        ["weights"] = "--json",
        ["download"] = "resnet18 --mirror $S",
        ["pack"] = "resnet18 --output packed --mirror $S",
        ["preprocess"] = $"lenet_5 '{Digit}' --output shown.safetensors",
        ["graph"] = "resnet18 --passes all",
        ["bench"] = "resnet18 --rounds 1000",
        ["export"] = "resnet18 --output $F/out.onnx --mirror $S",
    };

    private static IEnumerable<string> Names => CommandLine.CreateRoot(new Terminal(TextWriter.Null, TextWriter.Null)).Subcommands.Select(command => command.Name);

    public static TheoryData<string> Commands => [.. Names];

    [LinuxTheory, MemberData(nameof(Commands))]
    public async Task Any_command_that_the_user_stops_ends_without_a_trace_and_leaves_nothing_half_done(string command)
    {
        using var digits = new DigitFiles().WithPart("train", 2000).WithPart("t10k", 50);
        var silent = new TaskCompletionSource();
        await using var server = new FileServer((request, _) => FileAnswer.Of(new byte[40_000_000], request) with { Break = (500, silent.Task) });
        using (var big = new FileStream(folder.File("big.safetensors"), FileMode.Create))
        {
            // 400 MB of zeros that take no place on the disk.
            var header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[100000000],\"data_offsets\":[0,400000000]}} "u8;
            big.Write(BitConverter.GetBytes((long)header.Length));
            big.Write(header);
            big.SetLength(8 + header.Length + 400_000_000);
        }
        Directory.CreateSymbolicLink(folder.File("digits"), digits.Folder);
        var before = folder.Names.ToList();
        // Convert is stopped as soon as it writes, training once it has begun, the others while they wait or compute.
        var wait = command switch
        {
            "convert" => "for i in $(seq 3000); do ls -A $F | grep -q partial && break; sleep 0.01; done",
            "train" or "finetune" => "for i in $(seq 600); do grep -qs % err || sleep 0.1; done",
            "download" or "classify" or "pack" or "evaluate" or "export" => "for i in $(seq 600); do ls $F/hub/checkpoints 2> /dev/null | grep -q part && break; sleep 0.05; done",
            "forward" or "summary" or "bench" => "sleep 2",
            _ => "sleep 0.1",
        };

        var (code, output, error) = Shell(
            $"F=$PWD; S={server.Address}; export TORCH_HOME=$F; mkdir $F/logs; '{Program}' {command} {Work[command]} --verbose > logs/out 2> logs/err & pid=$!; "
            + $"cd logs; {wait}; kill -INT $pid 2> /dev/null; wait $pid 2> /dev/null; code=$?; cat out; cat err >&2; exit $code");

        silent.SetResult();
        // Short ones may have come to their end.
        if (command is "list" or "info" or "weights" or "preprocess" or "preview" or "runs" or "graph") Assert.Contains(code, (int[])[0, 130]);
        else Assert.Equal((130, command), (code, command));
        Assert.DoesNotContain("Unhandled", error, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", error, StringComparison.Ordinal);
        string[] made = command is "train" or "finetune" ? ["trained"] : command is "download" or "classify" or "pack" or "evaluate" or "export" ? ["hub"] : [];
        Assert.Equal(before.Append("logs").Concat(made).Order(), folder.Names.Except(["shown.safetensors", "preview.png"]));
        // Nothing has come of the file yet.
        if (made is ["hub"]) Assert.Empty(Directory.GetFiles(folder.File("hub/checkpoints")));
        if (command is "train" or "finetune") Assert.NotEmpty(Directory.GetFiles(folder.File("trained/checkpoints")));
        if (command == "forward") Assert.Equal("", output);
    }

    [LinuxFact]
    public void A_user_who_will_not_wait_ends_the_program_at_once()
    {
        // The first interrupt is heard after the step; the second is the system's.
        var (code, _, error) = Shell(
            $"'{Program}' forward vgg16 --shape 64,3,224,224 > /dev/null 2> err.txt & pid=$!; sleep 2; kill -INT $pid; kill -TERM $pid; sleep 0.2; kill -INT $pid 2> /dev/null; "
            + "wait $pid 2> /dev/null; code=$?; cat err.txt >&2; exit $code");

        Assert.Contains(code, (int[])[130, 143]);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void Any_command_ends_without_a_word_when_its_reader_has_gone()
    {
        var commands = new Dictionary<string, string>
        {
            ["list"] = "",
            ["info"] = "lenet_5",
            ["summary"] = "lenet_5",
            ["forward"] = "lenet_5",
            ["convert"] = "in.pth out.pth",
            ["train"] = "lenet_5 --data digits --output trained --epochs 1 --resume",
            ["finetune"] = "lenet_5 --data digits --output tuned --epochs 1 --resume",
            ["evaluate"] = "lenet_5 --data digits",
            ["preview"] = "lenet_5 --data digits --output preview.png --force",
            ["runs"] = ".",
            ["classify"] = $"lenet_5 '{Digit}'",
            ["weights"] = "",
            ["download"] = "lenet_5",
            ["pack"] = "lenet_5 --output packed --force",
            ["preprocess"] = $"lenet_5 '{Digit}' --output shown.safetensors",
            ["graph"] = "lenet_5",
            ["bench"] = "lenet_5 --rounds 1",
            ["export"] = "lenet_5 --output out.onnx",
        };
        using var digits = new DigitFiles().WithPart("train", 200).WithPart("t10k", 50);
        Directory.CreateSymbolicLink(folder.File("digits"), digits.Folder);
        using (Initializers.Skip())
        using (var network = ModelZoo.Create("lenet_1"))
        using (var state = StateDict.Of(network)) state.Save(folder.File("in.pth"));

        Assert.Equal(Names.Order(), commands.Keys.Order());
        foreach (var (command, arguments) in commands)
        {
            // What writes the document is the same everywhere.
            foreach (var form in command is "list" or "classify" or "train" ? (string[])["", "--json"] : [""])
            {
                var (code, _, error) = Shell($"'{Program}' {command} {arguments} {form} | true; exit ${{PIPESTATUS[0]}}");

                Assert.Equal((command, 0, ""), (command, code, error));
            }
        }
        // The work was done all the same.
        foreach (var name in (string[])["out.pth", "trained/model.safetensors", "tuned/model.safetensors"]) Assert.NotEmpty(StateDict.Open(folder.File(name)).Entries);
    }

    [LinuxTheory]
    [InlineData("forward lenet_1 --shape 9999999,1,28,28")]
    [InlineData("forward lenet_1 --shape 9999999999,1,28,28")]
    [InlineData("forward lenet_1 --shape 20000,1,28,28")]
    [InlineData("forward swin_t --shape 1,3,2000,2000")]
    [InlineData("forward vit_b_16 --shape 200,3,224,224")]
    [InlineData("forward lenet_5 --num-classes 60000000")]
    [InlineData("summary vgg11 --shape 1,3,2500,2500")]
    [InlineData("summary resnet18 --shape 10000,3,224,224")]
    [InlineData("summary lenet_5 --shape 5000000,1,32,32")]
    [InlineData("convert big.safetensors out.pth")]
    [InlineData("convert vit.safetensors out.pth --as vit_b_32 --image-size 64000")]
    [InlineData("classify lenet_5:big.safetensors x.png")]
    public void What_memory_will_not_hold_is_told_before_the_system_kills_the_process(string command)
    {
        using (var big = new FileStream(folder.File("big.safetensors"), FileMode.Create))
        {
            var header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[400000000],\"data_offsets\":[0,1600000000]}} "u8;
            big.Write(BitConverter.GetBytes((long)header.Length));
            big.Write(header);
            big.SetLength(8 + header.Length + 1_600_000_000);
        }

        if (command.Contains("vit.safetensors", StringComparison.Ordinal))
        {
            using var skip = Initializers.Skip();
            using var network = ModelZoo.Create("vit_b_32");
            using var state = StateDict.Of(network);
            state.Save(folder.File("vit.safetensors"));
            Assert.Equal(
                "luma: The image size must be a multiple of the patch size, 32\n",
                Shell($"'{Program}' convert vit.safetensors out.pth --as vit_b_32 --image-size 2147483647").Error);
        }

        // As in a container of 768 MB.
        var (code, output, error) = Shell($"DOTNET_GCHeapHardLimit=0x30000000 '{Program}' {command}");

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("memory", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_place_without_room_for_the_results_is_told()
    {
        foreach (var command in (string[])["list", "--help", "classify --help", $"classify lenet_5 '{Digit}' --json"])
        {
            var (code, _, error) = Shell($"'{Program}' {command} > /dev/full");

            Assert.Equal((1, "luma: standard output cannot be written: the disk is full\n"), (code, error));
        }
    }

    /// <summary>The descriptor of a closed stream is soon that of a pipe of .NET's own, which nobody reads.</summary>
    [LinuxFact]
    public void A_closed_output_is_told_and_never_waited_for()
    {
        foreach (var command in (string[])["weights --json", "--version", $"classify lenet_5 '{Digit}' --format jsonl"])
        {
            Assert.Equal((1, "", "luma: standard output cannot be written: it is closed\n"), Shell($"'{Program}' {command} >&-"));
            Assert.Equal((1, "", "luma: standard output cannot be written: it is closed\n"), Shell($"'{Program}' {command} <&- >&-"));
            // The published weights are more than a pipe holds.
            Assert.Equal((1, "", ""), Shell($"timeout 60 '{Program}' {command} <&- >&- 2>&-"));
        }
        Assert.Equal((1, "", "luma: standard output cannot be written: it is closed, or open for reading only\n"), Shell($"'{Program}' list 1< /dev/null"));
        // Where nothing is to be written, nothing is wrong.
        Assert.Equal((2, "", "luma: There is no command 'nonsense' (see luma --help)\n"), Shell($"'{Program}' nonsense >&-"));
    }

    [LinuxFact]
    public void An_error_that_cannot_be_told_changes_nothing_else()
    {
        foreach (var nowhere in (string[])["2> /dev/full", "2>&-"])
        {
            Assert.Equal((2, "", ""), Shell($"'{Program}' no-such-command {nowhere}"));
            var (code, output, _) = Shell($"'{Program}' classify lenet_5 no-such.png '{Digit}' --json --verbose {nowhere}");

            Assert.Equal(1, code);
            using var results = JsonDocument.Parse(output);
            Assert.Equal([true, false], results.RootElement.EnumerateArray().Select(result => result.TryGetProperty("error", out _)));
        }
    }

    // A limit to the size of files, which needs no disk of one's own.
    [LinuxFact]
    public void A_file_that_cannot_be_finished_leaves_nothing_behind()
    {
        using (var weights = StateDict.Of([KeyValuePair.Create("w", zeros(50_000))])) weights.Save(folder.File("w.pth"));

        foreach (var (command, target) in ((string, string)[])[("pack lenet_5 --output", "m.luma"), ("pack lenet_5 --output", "m"), ("convert w.pth", "o.pth"), ("convert w.pth", "o.safetensors")])
        {
            var (code, _, error) = Shell($"export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 100; '{Program}' {command} {target}");

            Assert.Equal((1, $"luma: {target}: cannot be written: the file would be larger than the system allows.\n"), (code, error));
            Assert.Equal(["w.pth"], folder.Names);
        }
    }

    // With the signal for it, which ends a process, and without.
    [LinuxTheory]
    [InlineData("trap '' XFSZ; ")]
    [InlineData("")]
    public void Results_that_reach_the_greatest_size_are_told(string trap)
    {
        foreach (var output in (string[])["o.jsonl", "o.csv"])
        {
            var (code, _, error) = Shell(
                $"export DOTNET_EnableWriteXorExecute=0; {trap}ulimit -f 1; '{Program}' classify lenet_5 '{Path.GetDirectoryName(Digit)}' --top 10 --output {output} 2>&1 | cat >&2; exit ${{PIPESTATUS[0]}}");

            Assert.Equal((1, $"luma: {output}: cannot be written: the file would be larger than the system allows\n"), (code, error));
        }
    }

    [LinuxFact]
    public void A_name_that_is_no_text_is_not_written_under_another()
    {
        using (var weights = StateDict.Of([KeyValuePair.Create("w", zeros(3))])) weights.Save(folder.File("w.pth"));

        foreach (var command in (string[])["convert w.pth $'k\\xe9.pth'", "pack lenet_5 --output $'k\\xe9'", $"classify lenet_5 '{Digit}' --output $'k\\xe9.jsonl'", "train lenet_5 --data . --output $'k\\xe9'"])
        {
            var (code, _, error) = Shell($"'{Program}' {command}");

            Assert.Equal(1, code);
            Assert.EndsWith(": this name is not valid UTF-8; take another one\n", error, StringComparison.Ordinal);
            Assert.Equal(["w.pth"], folder.Names);
        }
    }

    [LinuxFact]
    public void A_folder_that_cannot_be_read_is_named()
    {
        Shell($"mkdir -p data/a data/b $'data/\\xff'; cp '{Digit}' data/a; cp '{Digit}' data/b; cp '{Digit}' $'data/\\xff'");

        var evaluated = Shell($"'{Program}' evaluate lenet_5 --data data");
        var listed = Shell($"'{Program}' runs data");
        var classified = Shell($"'{Program}' classify lenet_5 data --recursive");
        // .NET cannot delete it either.
        Shell("rm -r data");

        Assert.Equal((1, "luma: data/\uFFFD: cannot be read: its name is not valid UTF-8; rename it.\n"), (evaluated.Code, evaluated.Error));
        Assert.Equal((1, "luma: data/\uFFFD: its name is not valid UTF-8; rename it\n"), (listed.Code, listed.Error));
        Assert.Equal((1, "luma: data/\uFFFD: the folder cannot be read: its name is not valid UTF-8; rename it\n"), (classified.Code, classified.Error));
    }

    [LinuxFact]
    public void What_the_system_refuses_is_told_in_words_and_with_the_path_that_was_given()
    {
        File.CreateSymbolicLink(folder.File("a"), "b");
        File.CreateSymbolicLink(folder.File("b"), "a");

        Assert.Equal((1, "", "luma: a: the symbolic links lead in a circle.\n"), Shell($"'{Program}' classify lenet_5 '{Digit}' --weights a"));
        Assert.Equal((1, "", "luma: /proc/m: cannot be written: the folder takes no files.\n"), Shell($"'{Program}' pack lenet_5 --output /proc/m"));
        Assert.Equal((1, "", "luma: /proc/m: cannot be written: the folder takes no files.\n"), Shell($"'{Program}' train lenet_5 --data . --output /proc/m"));
    }

    [LinuxFact]
    public void Results_go_on_in_a_file_where_others_have_written()
    {
        var (_, output, _) = Shell($"(echo begin; '{Program}' info lenet_5; echo end) > out.txt; cat out.txt");

        Assert.StartsWith("begin\nId ", output, StringComparison.Ordinal);
        Assert.EndsWith("\nend\n", output, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_home_that_is_not_there_yet_gets_the_cache()
    {
        await using var server = new FileServer((_, _) => new FileAnswer("404 Not Found", ("Content-Length", "0")));

        Shell($"unset TORCH_HOME XDG_CACHE_HOME; HOME=$PWD/not-there '{Program}' download resnet18 --mirror {server.Address}");

        Assert.True(Directory.Exists(folder.File("not-there/.cache/torch/hub/checkpoints")));
        Assert.False(Directory.Exists(folder.File(".cache")));
    }

    [LinuxFact]
    public void What_is_classified_when_the_user_stops_it_is_told()
    {
        for (var i = 0; i < 64; i++) File.Copy(Digit, folder.File($"{i:D4}.png"));

        // The same images again and again, for longer than the test waits.
        var (code, output, error) = Shell(
            $"'{Program}' classify lenet_5 $(for i in $(seq 500); do echo *.png; done) --json --verbose > out.json 2> err.txt & pid=$!; "
            + "for i in $(seq 600); do grep -qs 10% err.txt && break; sleep 0.05; done; kill -INT $pid; wait $pid 2> /dev/null; code=$?; cat out.json; tail -n 1 err.txt >&2; exit $code");

        Assert.Equal(130, code);
        Assert.EndsWith("luma: cancelled\n", error, StringComparison.Ordinal);
        using var results = JsonDocument.Parse(output);
        Assert.InRange(results.RootElement.GetArrayLength(), 64, 500 * 64 - 1);
        Assert.All(results.RootElement.EnumerateArray(), result => Assert.True(result.TryGetProperty("predictions", out _)));
    }

    [LinuxFact]
    public void A_training_that_the_user_stops_is_saved_and_goes_on()
    {
        using var digits = new DigitFiles().WithPart("train", 4000).WithPart("t10k", 50);

        var (code, output, error) = Shell(
            $"'{Program}' train lenet_5 --data '{digits.Folder}' --output out --verbose --epochs 30 --json > out.json 2> err.txt & pid=$!; "
            + "for i in $(seq 600); do grep -qs % err.txt && break; sleep 0.05; done; kill -INT $pid; wait $pid 2> /dev/null; code=$?; cat out.json; cat err.txt >&2; exit $code");

        Assert.Equal(130, code);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(output);
        Assert.True(report.RootElement.GetProperty("cancelled").GetBoolean());
        Assert.Equal(["err.txt", "out", "out.json"], folder.Names.Order());
        Assert.Contains("the same command with --resume goes on", error, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(folder.File("out/checkpoints")));
    }

    /// <summary>Runs the program in a folder, which is its home for weights too.</summary>
    internal static (int Code, string Output, string Error) Luma(TemporaryFolder folder, string arguments) =>
        Shell(folder, $"TORCH_HOME=$PWD '{Program}' {arguments}");

    private (int Code, string Output, string Error) Shell(string script) => Shell(folder, script);

    internal static (int Code, string Output, string Error) Shell(TemporaryFolder folder, string script)
    {
        // With the default answer to an interrupt, which a job in the background ignores: for the shell, if these tests are in one
        // themselves, and by its own job control for its children.
        using var shell = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", "bash", "-c", $"set -m; {script}"])
        {
            WorkingDirectory = folder.File(""),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, output, error.Result);
    }
}
