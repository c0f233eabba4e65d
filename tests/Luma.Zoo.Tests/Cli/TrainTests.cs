using Luma.Zoo.Tests.Training;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

public class TrainTests
{
    [Fact]
    public async Task The_same_seed_writes_the_same_file_and_the_file_fits_the_network()
    {
        using var digits = new DigitFiles().WithPart("train", 200).WithPart("t10k", 50, gzip: true);
        using var folder = new TemporaryFolder();
        var (first, second, other) = (folder.File("1.safetensors"), folder.File("2.safetensors"), folder.File("3.safetensors"));

        var report = await Train(first, seed: 5);
        await Train(second, seed: 5);
        await Train(other, seed: 6);

        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
        Assert.NotEqual(File.ReadAllBytes(first), File.ReadAllBytes(other));
        Assert.Equal(("lenet_5", 5, 2, 50), (report.GetProperty("id").GetString(), report.GetProperty("seed").GetInt32(),
            report.GetProperty("epochs").GetInt32(), report.GetProperty("testImages").GetInt32()));
        using var network = ModelZoo.Create("lenet_5", weights: first);

        async Task<System.Text.Json.JsonElement> Train(string output, int seed)
        {
            var run = await Run.Of("train", "lenet_5", "--data", digits.Folder, "--epochs", "2", "--seed", $"{seed}", "--output", output, "--json");
            Assert.Equal(0, run.ExitCode);
            return System.Text.Json.JsonDocument.Parse(run.Output).RootElement;
        }
    }

    [Fact]
    public async Task A_folder_without_the_files_is_refused()
    {
        using var folder = new TemporaryFolder();
        var here = Path.GetDirectoryName(folder.File("x"))!;

        var mistake = (await Run.Of("train", "lenet_5", "--data", here, "--output", folder.File("out.pth"))).Failure();

        Assert.StartsWith($"{here}: it has none of train-images-idx3-ubyte, ", mistake, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_refused_before_the_training()
    {
        using var digits = new DigitFiles().WithPart("train", 20).WithPart("t10k", 10);
        var missing = Path.Combine(digits.Folder, "no", "where.pth");

        Assert.Equal($"{missing}: there is no folder {Path.GetDirectoryName(missing)}", (await Train(missing)).Failure());
        Assert.Equal($"{digits.Folder}: this is a folder; name a file in it", (await Train(digits.Folder)).Failure());
        Assert.Equal(
            "x.onnx: its name must end in .safetensors, .pth, .pt or .bin, which says the format to write", (await Train("x.onnx")).Mistake());
        // Not even root can write there.
        if (OperatingSystem.IsLinux())
            Assert.StartsWith("/proc/x.pth: nothing can be written to the folder /proc: ", (await Train("/proc/x.pth")).Failure(), StringComparison.Ordinal);

        Task<Run> Train(string output) => Run.Of("train", "lenet_5", "--data", digits.Folder, "--output", output);
    }

    [Fact]
    public async Task Training_goes_on_from_weights_that_are_named()
    {
        using var digits = new DigitFiles().WithPart("train", 100).WithPart("t10k", 50);
        using var folder = new TemporaryFolder();

        Assert.Equal(0, (await Run.Of("train", "lenet_5:MNIST", "--data", digits.Folder, "--epochs", "1", "--output", folder.File("on.pth"))).ExitCode);
        Assert.StartsWith(
            "There is no weight file 'nowhere'", (await Run.Of("train", "lenet_5:nowhere", "--data", digits.Folder, "--output", folder.File("no.pth"))).Failure(),
            StringComparison.Ordinal);

        using var before = ModelZoo.OpenWeights("lenet_5", "MNIST");
        using var after = ModelZoo.OpenWeights("lenet_5", folder.File("on.pth"));
        using var scope = NewDisposeScope();
        var moved = (after["conv1.weight"].ToTensor() - before["conv1.weight"].ToTensor()).abs().max().item<float>();
        Assert.InRange(moved, 1e-6f, 0.5f);
    }

    [Fact]
    public async Task Progress_is_written_where_it_is_asked_for()
    {
        using var digits = new DigitFiles().WithPart("train", 100).WithPart("t10k", 50);
        using var folder = new TemporaryFolder();
        string[] args = ["train", "lenet_5", "--data", digits.Folder, "--epochs", "2", "--output", folder.File("x.pth")];

        Assert.Equal("", (await Run.Of(args)).Error);
        Assert.Contains("epoch 2: loss ", (await Run.Of([.. args, "--verbose"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_without_a_recipe_is_refused() =>
        Assert.StartsWith("There is no training recipe for 'resnet18'", (await Run.Of("train", "resnet18", "--data", ".", "--output", "x.pth")).Mistake(), StringComparison.Ordinal);
}
