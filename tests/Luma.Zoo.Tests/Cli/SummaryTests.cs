using System.Text.Json;

namespace Luma.Zoo.Tests.Cli;

public class SummaryTests
{
    private static string Golden => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "summary", "lenet_5.txt"));

    [Fact]
    public async Task People_see_torchinfos_table() => Assert.Equal((0, Golden, ""), AsTuple(await Run.Of("summary", "lenet_5")));

    [Theory]
    [InlineData("lenet_1", 1, "1,1,28,28", 2_202, 112_906, 9)]
    [InlineData("lenet_5", 1, "1,1,32,32", 61_706, 423_038, 13)]
    [InlineData("lenet_5", 2, "2,1,32,32", 61_706, 846_076, 13)]
    public async Task The_document_has_totals_and_rows(string id, int batch, string shape, long parameters, long multiplyAdds, int rows)
    {
        var report = (await Run.Of("summary", id, "--shape", shape, "--json")).Json();

        Assert.Equal(id, report.GetProperty("id").GetString());
        Assert.Equal(shape, string.Join(",", report.GetProperty("input").EnumerateArray()));
        Assert.Equal(parameters, report.GetProperty("parameters").GetInt64());
        Assert.Equal(parameters, report.GetProperty("trainableParameters").GetInt64());
        Assert.Equal(0, report.GetProperty("nonTrainableParameters").GetInt64());
        Assert.Equal(multiplyAdds, report.GetProperty("multiplyAdds").GetInt64());
        Assert.Equal(parameters * sizeof(float) / 1e6, report.GetProperty("parameterMegabytes").GetDouble(), 1e-9);
        var network = report.GetProperty("network");
        Assert.Equal([batch, 10], network.GetProperty("outputShape").EnumerateArray().Select(size => size.GetInt32()));
        Assert.Equal(rows, Rows(network).Count());
        Assert.Equal(parameters, Rows(network).Sum(row => row.GetProperty("ownParameters").GetInt64()));
        Assert.Equal("conv1", network.GetProperty("children")[0].GetProperty("name").GetString());
        Assert.Equal("Convolution2D", network.GetProperty("children")[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_folded_row_counts_what_it_hides()
    {
        var network = (await Run.Of("summary", "lenet_5", "--depth", "0", "--json")).Json().GetProperty("network");

        Assert.Equal(0, network.GetProperty("children").GetArrayLength());
        Assert.Equal(61_706, network.GetProperty("ownParameters").GetInt64());
        Assert.Equal(["LeNet_5                                  [1, 10]                   61,706"], (await Run.Of("summary", "lenet_5", "--depth", "0")).Lines[3..4]);
    }

    [Fact]
    public async Task The_number_of_classes_can_be_chosen() =>
        Assert.Contains("├─Dense: 1-12                            [1, 5]                    425", (await Run.Of("summary", "lenet_5", "--num-classes", "5")).Lines);

    private static IEnumerable<JsonElement> Rows(JsonElement row) => row.GetProperty("children").EnumerateArray().SelectMany(Rows).Prepend(row);

    private static (int, string, string) AsTuple(Run run) => (run.ExitCode, run.Output.ReplaceLineEndings("\n"), run.Error);
}
