using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Cli;

public class ConvertTests
{
    [Fact]
    public async Task There_and_back_again_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var (first, zip, second) = (folder.File("first.safetensors"), folder.File("zip.pth"), folder.File("second.safetensors"));
        using (var weights = ModelZoo.OpenWeights("lenet_5", "MNIST")) weights.Save(first);

        Assert.Equal(0, (await Run.Of("convert", first, zip)).ExitCode);
        Assert.Equal(0, (await Run.Of("convert", zip, second)).ExitCode);

        using (var weights = StateDict.Open(zip)) Assert.Equal(WeightFormat.TorchZip, weights.Format);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public async Task The_network_says_the_order()
    {
        using var folder = new TemporaryFolder();
        var (input, output) = (folder.File("in.safetensors"), folder.File("out.pth"));
        using (var weights = ModelZoo.OpenWeights("lenet_5", "MNIST"))
        {
            using var scope = NewDisposeScope();
            StateDict.Of(weights.Entries.Reverse().Select(entry => KeyValuePair.Create(entry.Name, entry.ToTensor()))).Save(input);
        }

        Assert.Equal(0, (await Run.Of("convert", input, output, "--as", "lenet_5")).ExitCode);

        using var written = StateDict.Open(output);
        using var network = ModelZoo.Create("lenet_5");
        Assert.Equal(network.state_dict().Keys, written.Names);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Auxiliary_heads_are_converted_and_run_if_the_file_has_them(bool heads)
    {
        using var folder = new TemporaryFolder();
        var (input, output) = (folder.File("in.safetensors"), folder.File("out.pth"));
        using (var network = ModelZoo.Create("googlenet", new ModelOptions { NumClasses = 5, AuxiliaryHeads = heads }))
        using (var weights = StateDict.Of(network)) weights.Save(input);

        Assert.Equal(0, (await Run.Of("convert", input, output, "--as", "googlenet", "--num-classes", "5")).ExitCode);
        var run = await Run.Of("forward", "googlenet", "--weights", output, "--num-classes", "5", "--shape", "1,3,64,64", "--seed", "1");

        using var written = StateDict.Open(output);
        Assert.Equal(heads, written.Contains("aux1.fc2.weight"));
        Assert.Equal((0, "shape (1, 5)"), (run.ExitCode, run.Lines[0]));
    }

    [Fact]
    public async Task Weights_of_another_network_are_refused_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        var (input, output) = (folder.File("in.safetensors"), folder.File("out.pth"));
        using (var weights = ModelZoo.OpenWeights("lenet_5", "MNIST")) weights.Save(input);

        var mistake = (await Run.Of("convert", input, output, "--as", "lenet_4")).Failure();

        Assert.StartsWith($"{input} does not fit LeNet_4. 2 unexpected: fc3.weight, fc3.bias; 5 mismatched: ", mistake, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task A_name_that_says_no_format_is_refused()
    {
        var mistake = (await Run.Of("convert", "in.pth", "out.txt")).Mistake();

        Assert.Equal("out.txt: its name must end in .safetensors, .pth, .pt or .bin, which says the format to write", mistake);
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_refused_by_the_name_that_was_given() => Assert.StartsWith(
        "nodir/x.pth: there is no folder ", (await Run.Of("convert", "in.pth", "nodir/x.pth")).Failure(), StringComparison.Ordinal);

    [Fact]
    public async Task The_document_says_what_was_written()
    {
        using var folder = new TemporaryFolder();
        var (input, output) = (folder.File("in.safetensors"), folder.File("out.pth"));
        using (var weights = ModelZoo.OpenWeights("lenet_5", "MNIST")) weights.Save(input);

        var report = (await Run.Of("convert", input, output, "--json")).Json();

        Assert.Equal((output, 10, 4 * 61_706), (report.GetProperty("path").GetString(), report.GetProperty("tensors").GetInt32(), report.GetProperty("bytes").GetInt32()));
    }
}
