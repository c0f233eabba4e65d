using Luma.Zoo.Cli;
using Luma.Zoo.Cli.Commands.Classify;

namespace Luma.Zoo.Tests.Cli;

/// <summary>Which part of the images a task takes.</summary>
public class ShardTests
{
    [Fact]
    public void The_parts_have_no_path_in_common_and_miss_none()
    {
        var paths = Enumerable.Range(0, 5000).Select(i => $"photos/{i % 7}/{i}.jpg").ToList();
        foreach (var count in (int[])[1, 2, 3, 4, 16, 100])
        {
            var parts = Enumerable.Range(0, count).Select(index => paths.Where(new Shard(index, count).Has).ToList()).ToList();

            Assert.Equal(paths.Order(), parts.SelectMany(part => part).Order());
            // And none has much more to do than another.
            Assert.All(parts, part => Assert.InRange(part.Count, 5000 / count / 2, 5000 / count * 2));
        }
    }

    // A part of yesterday must be the same part today: values of the published XXH64 of the empty text and of "a".
    [Fact]
    public void Where_a_path_belongs_never_changes()
    {
        Assert.True(new Shard((int)(0xEF46DB3751D8E999UL % 1000), 1000).Has(""));
        Assert.True(new Shard((int)(0xD24EC4F1A98C6E5BUL % 1000), 1000).Has("a"));
    }

    [Theory]
    [InlineData("0/4", "0/4", "")]
    [InlineData("3/4", "3/4", "")]
    [InlineData("0/1", "0/1", "SLURM_ARRAY_TASK_ID=7")]
    [InlineData("auto", "2/4", "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3")]
    [InlineData("auto", "0/4", "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=4")]
    [InlineData("auto", "3/4", "SLURM_ARRAY_TASK_ID=16 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_MAX=16")]
    [InlineData("auto", "0/1", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_MAX=5")]
    [InlineData("auto/4", "3/4", "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=3")]
    [InlineData("auto/4", "1/4", "JOB_COMPLETION_INDEX=1")]
    [InlineData("auto", "1/8", "JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=8")]
    [InlineData("auto/2", "1/2", "JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=8")]
    public void A_part_is_given_or_taken_from_a_scheduler(string text, string shard, string environment) =>
        Assert.Equal(shard, Shard.Parse(text, Variables(environment)).ToString());

    [Theory]
    [InlineData("4/4", "", "There is no shard 4 of 4: they are numbered from 0 to 3")]
    [InlineData("-1/4", "", "'-1/4' is no shard")]
    [InlineData("1/0", "", "'1/0' is no shard, because there must be at least one: write --shard I/N")]
    [InlineData("auto", "JOB_COMPLETION_INDEX=0 JOB_COMPLETIONS=0", "The scheduler says that there are no shards, but JOB_COMPLETION_INDEX is 0")]
    [InlineData("1", "", "'1' is no shard")]
    [InlineData("1/2/3", "", "'1/2/3' is no shard")]
    [InlineData("one/2", "", "'one/2' is no shard")]
    [InlineData("auto/0", "", "'auto/0' is no shard")]
    [InlineData("auto/x", "", "'auto/x' is no shard")]
    [InlineData("0/99999999999", "", "'0/99999999999' is no shard")]
    [InlineData("auto", "", "--shard auto needs SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX")]
    [InlineData("auto", "JOB_COMPLETION_INDEX=1", "JOB_COMPLETION_INDEX does not say how many tasks there are: write --shard auto/N")]
    [InlineData("auto/2", "JOB_COMPLETION_INDEX=2", "JOB_COMPLETION_INDEX is 2, but there are 2 shards: they are numbered from 0 to 1")]
    [InlineData("auto/4", "SLURM_ARRAY_TASK_ID=4", "SLURM_ARRAY_TASK_ID is 4, but there are 4 shards")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=x", "SLURM_ARRAY_TASK_ID must be a whole number from 0, not 'x'")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_COUNT is not set")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=9", "The ids of this Slurm array are not evenly spaced")]
    public void What_is_no_part_is_told_in_one_line(string text, string environment, string message) =>
        Assert.StartsWith(message, Assert.Throws<UsageException>(() => Shard.Parse(text, Variables(environment))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task The_parts_together_are_the_whole()
    {
        using var images = new ManyImages(30, damaged: 7);
        await images.ClassifyAsync("--output", images.Output("whole.jsonl"));

        for (var index = 0; index < 4; index++) await images.ClassifyAsync("--shard", $"{index}/4", "--output", images.Output("part-{shard}.jsonl"));

        var parts = Enumerable.Range(0, 4).Select(index => File.ReadAllLines(images.Output($"part-{index}.jsonl"))).ToList();
        Assert.All(parts, part => Assert.NotEmpty(part));
        Assert.Equal(Paths(File.ReadAllLines(images.Output("whole.jsonl"))), Paths(parts.SelectMany(lines => lines)));

        static IEnumerable<string> Paths(IEnumerable<string> lines) => lines.Select(line => line.Split('"')[3]).Order();
    }

    [Fact]
    public async Task Names_of_outputs_sort_as_their_parts()
    {
        using var images = new ManyImages(2);

        await images.ClassifyAsync("--shard", "3/12", "--output", images.Output("part-{shard}.csv"));

        // A part may have no image at all.
        Assert.StartsWith("path,rank,", File.ReadAllText(images.Output("part-03.csv")), StringComparison.Ordinal);
        Assert.Equal("", (await images.ClassifyAsync("--shard", "auto")).Output);
    }

    private static Func<string, string?> Variables(string text)
    {
        var variables = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return name => variables.GetValueOrDefault(name);
    }
}
