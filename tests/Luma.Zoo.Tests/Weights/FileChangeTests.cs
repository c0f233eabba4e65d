using Luma.Neural.Layers;
using Luma.Zoo.Inference;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Files that change while they are used, that are no files, and that are replaced.</summary>
public sealed class FileChangeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, Tensor> values = new() { ["weight"] = randn(50, 700), ["bias"] = randn(50) };

    public void Dispose()
    {
        foreach (var value in values.Values) value.Dispose();
        folder.Dispose();
    }

    private List<TensorContent> Expected => [.. values.Select(pair => TensorContent.Of(pair.Key, pair.Value))];

    private string Save(string name)
    {
        StateDict.Of(values).Save(folder.File(name));
        return folder.File(name);
    }

    [Theory]
    [InlineData("weights.pth")]
    [InlineData("weights.safetensors")]
    public void Nothing_that_happens_to_a_file_after_it_was_opened_matters(string name)
    {
        foreach (var harm in (Action<string>[])[Shorten, Overwrite, File.Delete])
        {
            var path = Save(name);
            using var weights = StateDict.Open(path);
            using var network = new Dense(700, 50);
            harm(path);

            network.Load(weights);

            Assert.Equal(Expected, TensorContent.All(weights));
            Assert.Equal(Expected, TensorContent.All(StateDict.Of(network)));
        }

        static void Shorten(string path)
        {
            using var file = File.OpenWrite(path);
            file.SetLength(100);
        }

        static void Overwrite(string path)
        {
            using var file = File.OpenWrite(path);
            file.Write(new byte[file.Length]);
        }
    }

    [LinuxFact]
    public void A_mapped_file_that_is_replaced_gives_what_was_opened()
    {
        var path = Save("weights.pth");
        using var weights = StateDict.Open(path, new WeightFileOptions { Map = true });
        StateDict.Of(new Dictionary<string, Tensor> { ["other"] = zeros(50, 700) }).Save(folder.File("other.pth"));
        File.Move(folder.File("other.pth"), path, overwrite: true);

        using var network = new Dense(700, 50);
        WeightLoader.Load(network, weights, strict: true, rename: null, fresh: [], take: true);

        Assert.Equal(Expected, TensorContent.All(weights));
        Assert.Equal(Expected, TensorContent.All(StateDict.Of(network)));
    }

    [UnixTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mapped_file_that_was_shortened_loads_nothing(bool take)
    {
        // Windows lets nobody write to it.
        if (OperatingSystem.IsWindows()) return;

        var path = Save("weights.pth");
        using var weights = StateDict.Open(path, new WeightFileOptions { Map = true });
        using var network = new Dense(700, 50);
        var before = TensorContent.All(StateDict.Of(network));
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(4000);

        Assert.Throws<WeightFileException>(() => WeightLoader.Load(network, weights, strict: true, rename: null, fresh: [], take));
        Assert.Throws<WeightFileException>(() => weights["weight"].ToTensor());

        Assert.Equal(before, TensorContent.All(StateDict.Of(network)));
    }

    public static TheoryData<string, string> NoFiles => new()
    {
        { "none.pth", "there is no such file" },
        { "none/weights.pth", "there is no such file" },
        { "a\0b.pth", "the path has a NUL character" },
        { new string('a', 5000), "the path is too long" },
        { "", "this folder has no weight file" },
    };

    [Theory]
    [MemberData(nameof(NoFiles))]
    public void What_is_no_file_is_refused_like_a_bad_file(string name, string problem)
    {
        var error = Assert.Throws<WeightFileException>(() => StateDict.Open(folder.File(name)));

        Assert.Equal(problem, error.Problem);
        Assert.DoesNotContain('\0', error.Message);
    }

    // Published weights are known by their bytes, whatever their name; and those are the bytes that were opened.
    [LinuxFact]
    public void What_is_known_of_a_file_is_known_of_the_bytes_that_were_opened()
    {
        var (path, other) = (Save("weights.pth"), folder.File("other.pth"));
        using (var state = StateDict.Of(new Dictionary<string, Tensor> { ["other"] = zeros(1) })) state.Save(other);
        var known = Published(path);

        using var weights = StateDict.Open(path, new WeightFileOptions { Identify = true });
        using var mapped = StateDict.Open(path, new WeightFileOptions { Map = true, Identify = true }, fits: null, check: _ => File.Move(other, path, overwrite: true));
        using var replaced = StateDict.Open(path, new WeightFileOptions { Identify = true });

        Assert.Same(known, NetworkFacts.Identify([known], weights));
        Assert.Same(known, NetworkFacts.Identify([known], mapped));
        Assert.Equal(Expected, TensorContent.All(mapped));
        Assert.Null(NetworkFacts.Identify([known], replaced));

        static PublishedWeights Published(string path)
        {
            var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));
            return ModelZoo.Weights("googlenet")[0] with { Url = new Uri($"https://weights.example/any-{hash[..8]}.pth") };
        }
    }

    [Fact]
    public void Parts_without_their_index_are_told_as_such()
    {
        Save("model-00001-of-00002.safetensors");
        Save("model-00002-of-00002.safetensors");

        var error = Assert.Throws<WeightFileException>(() => StateDict.Open(folder.File("")));

        Assert.StartsWith("this folder has the parts of a checkpoint, but not the index", error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_spread_over_several_files_are_known_by_all_of_them()
    {
        StateDict.Of([KeyValuePair.Create("weight", values["weight"])]).Save(folder.File("first.safetensors"));
        StateDict.Of([KeyValuePair.Create("bias", values["bias"])]).Save(folder.File("second.safetensors"));
        File.WriteAllText(
            folder.File("model.safetensors.index.json"), """{"weight_map":{"weight":"first.safetensors","bias":"second.safetensors"}}""");
        var (before, again) = (Hash(), Hash());

        using (var others = randn(50)) StateDict.Of([KeyValuePair.Create("bias", others)]).Save(folder.File("second.safetensors"));

        Assert.Matches("^[0-9a-f]{64}$", before);
        Assert.Equal(before, again);
        Assert.NotEqual(before, Hash());

        string Hash()
        {
            using var weights = StateDict.Open(folder.File(""), new WeightFileOptions { Identify = true });
            return weights.Hash!;
        }
    }

    [LinuxFact]
    public void Labels_and_data_sets_from_pipes_and_devices_are_refused_too()
    {
        using (var make = System.Diagnostics.Process.Start("mkfifo", folder.File("pipe"))) make.WaitForExit();

        Assert.Contains("pipe: cannot be read: this is a pipe", Refused(() => Labels.Load(folder.File("pipe"))), StringComparison.Ordinal);
        Assert.Contains("pipe: cannot be read: this is a pipe", Refused(() => IdxFile.Read(folder.File("pipe"), 3)), StringComparison.Ordinal);
        foreach (var (path, problem) in (KeyValuePair<string, string>[])[new("/dev/zero", "a device"), new(folder.File(""), "a folder"), new("a\0b", "a NUL")])
        {
            Assert.Contains(problem, Refused(() => Labels.Load(path)), StringComparison.Ordinal);
            Assert.Contains(problem, Refused(() => IdxFile.Read(path, 3)), StringComparison.Ordinal);
        }

        static string Refused(Action read) => Assert.IsAssignableFrom<IOException>(Record.Exception(() => Task.Run(read).WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult())).Message;
    }

    [LinuxFact]
    public void Pipes_and_devices_are_refused_and_not_waited_for()
    {
        using (var make = System.Diagnostics.Process.Start("mkfifo", folder.File("pipe.pth"))) make.WaitForExit();

        Assert.Contains("pipe", Assert.Throws<WeightFileException>(() => StateDict.Open(folder.File("pipe.pth"))).Problem, StringComparison.Ordinal);
        Assert.Equal("this is a device, not a file", Assert.Throws<WeightFileException>(() => StateDict.Open("/dev/zero")).Problem);
        Assert.Contains("/dev/null: cannot be written: this is a device", Assert.Throws<IOException>(() => StateDict.Of(values).Save("/dev/null")).Message, StringComparison.Ordinal);
        File.CreateSymbolicLink(folder.File("link.pth"), "/dev/null");
        Assert.Throws<IOException>(() => StateDict.Of(values).Save(folder.File("link.pth")));
        Assert.False(File.GetAttributes("/dev/null").HasFlag(FileAttributes.Directory));
    }

    [LinuxFact]
    public void Saving_keeps_a_link_and_the_mode_of_the_file_that_it_leads_to()
    {
        if (OperatingSystem.IsWindows()) return;
        var path = Save("weights.pth");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(folder.File("link.pth"), path);
        File.CreateSymbolicLink(folder.File("dangling.pth"), folder.File("new.pth"));

        StateDict.Of(new Dictionary<string, Tensor> { ["a"] = values["bias"] }).Save(folder.File("link.pth"));
        StateDict.Of(values).Save(folder.File("dangling.pth"));

        Assert.Equal(path, new FileInfo(folder.File("link.pth")).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
        using var weights = StateDict.Open(path);
        Assert.Equal(["a"], weights.Names);
        Assert.Equal(["dangling.pth", "link.pth", "new.pth", "weights.pth"], folder.Names);
    }

    [LinuxFact]
    public void Another_hard_link_keeps_what_a_replaced_file_had()
    {
        var path = Save("weights.safetensors");
        var old = File.ReadAllBytes(path);
        using (var link = System.Diagnostics.Process.Start("ln", [path, folder.File("other.safetensors")])) link.WaitForExit();

        StateDict.Of(new Dictionary<string, Tensor> { ["a"] = values["bias"] }).Save(path);

        Assert.Equal(old, File.ReadAllBytes(folder.File("other.safetensors")));
        using var weights = StateDict.Open(path);
        Assert.Equal(["a"], weights.Names);
    }

    /// <summary>A box to put files into. The superuser sees into it all the same.</summary>
    [LinuxFact]
    public void A_folder_that_takes_files_need_not_show_them()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(folder.File("box"), UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        Save("box/weights.safetensors");

        Assert.True(File.Exists(folder.File("box/weights.safetensors")));
        File.SetUnixFileMode(folder.File("box"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task What_a_killed_writer_left_is_swept_and_what_a_living_one_writes_is_not()
    {
        var path = Save("weights.pth");
        string[] before = [.. folder.Names!];
        var started = new TaskCompletionSource();
        using var goOn = new ManualResetEventSlim();
        var writing = Task.Run(() => StateDict.Of(values).Save(path, progress: new Waiting(started, goOn)));
        await started.Task;
        var living = Assert.Single(folder.Names, name => !before.Contains(name))!;
        // As one that was killed: nobody holds it.
        var left = living[..living.LastIndexOf('-')] + "-killed00.abc.partial";
        // And one that wrote another file, which nobody may ever write again.
        const string Other = ".luma-0123456789abcdef-killed00.abc.partial";
        // What a user may go on with is no leftover, and neither is a file of his own.
        string[] mine = [".luma-0123456789abcdef.partial", "notes.partial"];
        foreach (var name in (string[])[left, Other, .. mine]) File.WriteAllText(folder.File(name), "half");

        StateDict.Of(values).Save(path);
        Assert.DoesNotContain(left, folder.Names);
        // Windows tells those of a living one by their names alone.
        Assert.Equal(OperatingSystem.IsWindows(), folder.Names.Contains(Other));
        Assert.All(mine, name => Assert.Contains(name, folder.Names));
        foreach (var name in mine) File.Delete(folder.File(name));
        File.Delete(folder.File(Other));
        Assert.Contains(living, folder.Names);
        goOn.Set();
        await writing;

        Assert.Equal(["weights.pth"], folder.Names);
        using var weights = StateDict.Open(path);
        Assert.Equal(Expected, TensorContent.All(weights));
    }

    [Fact]
    public void An_error_in_writing_names_the_path_that_was_given()
    {
        Assert.StartsWith($"{folder.File("none/a.pth")}: cannot be written: the folder", Fail(folder.File("none/a.pth")), StringComparison.Ordinal);
        Assert.Equal($"{folder.File("")}: cannot be written: this is a folder, not a file.", Fail(folder.File("")));
        Assert.DoesNotContain("partial", Fail(folder.File("none/a.pth")), StringComparison.Ordinal);
        Save("b.pth");
        Assert.Equal($"{folder.File("b.pth/c/d.pth")}: cannot be written: '{folder.File("b.pth")}' is a file, not a folder.", Fail(folder.File("b.pth/c/d.pth")));

        string Fail(string path) => Assert.Throws<IOException>(() => StateDict.Of(values).Save(path)).Message;
    }

    /// <summary>
    /// The collector moves arrays while their tensors are written. Many small tensors in an array of the small object heap, which is
    /// compacted: before addresses were pinned, a fifth of these files and more could not be read.
    /// </summary>
    [Fact, Trait("Category", "Slow")]
    public async Task Files_are_whole_however_the_collector_moves_what_they_are_written_from()
    {
        using var scope = NewDisposeScope();
        StateDict.Of(Enumerable.Range(0, 1000).ToDictionary(i => $"{i}", _ => randn(1))).Save(folder.File("source.safetensors"));
        using var stop = new CancellationTokenSource();
        var moving = Task.Run(() =>
        {
            var garbage = new List<byte[]>();
            while (!stop.IsCancellationRequested)
            {
                for (var i = 0; i < 50; i++) garbage.Add(new byte[1000 + i]);
                garbage.RemoveRange(0, garbage.Count / 2);
                // The young generations, and with pauses: a whole heap of what other tests left takes minutes to go through again and again.
                GC.Collect(1, GCCollectionMode.Forced, blocking: true, compacting: true);
                Thread.Sleep(1);
            }
        });

        try
        {
            for (var round = 0; round < 20; round++)
            {
                // A fresh array each time: one that was moved once lies dense, and stays.
                var bytes = File.ReadAllBytes(folder.File("source.safetensors"));
                Assert.True(bytes.Length < 85_000, "large objects are not moved");
                using var source = StateDict.Read(bytes, "array");
                foreach (var name in (string[])["copy.pth", "copy.safetensors"])
                {
                    source.Save(folder.File(name));

                    using var copy = StateDict.Open(folder.File(name));
                    Assert.Equal(TensorContent.All(source), TensorContent.All(copy));
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await moving;
        }
    }

    private sealed class Waiting(TaskCompletionSource started, ManualResetEventSlim goOn) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value)
        {
            started.TrySetResult();
            goOn.Wait();
        }
    }
}
