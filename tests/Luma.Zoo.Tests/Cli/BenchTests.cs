using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.Tests.Cli;

public class BenchTests
{
    // Not every processor has it.
    private static string[] BFloat16 => OneDnnTypes.Include(ScalarType.BFloat16) ? ["compiled bfloat16"] : [];

    private static string? Refusal => Record.Exception(() => OneDnnTypes.Require(ScalarType.BFloat16))?.Message;

    [Fact]
    public async Task Every_form_is_measured_for_every_batch()
    {
        var report = (await Run.Of("bench", "lenet_1", "--batch", "1,3", "--rounds", "1", "--json")).Json();

        Assert.Equal("lenet_1", report.GetProperty("id").GetString());
        var forms = report.GetProperty("forms").EnumerateArray().ToList();
        Assert.Equal(
            from batch in (long[])[1, 3] from form in (string[])["eager", "compiled", .. BFloat16, "onnxruntime"] select (form, batch),
            forms.Select(form => (form.GetProperty("form").GetString()!, form.GetProperty("batch").GetInt64())));
        Assert.All(forms, form =>
        {
            var (milliseconds, batch) = (form.GetProperty("milliseconds").GetDouble(), form.GetProperty("batch").GetInt64());
            Assert.True(milliseconds > 0);
            Assert.Equal(batch * 1000 / milliseconds, form.GetProperty("imagesPerSecond").GetDouble(), 1e-6 * batch * 1000 / milliseconds);
        });
        Assert.Equal(1 - BFloat16.Length, report.GetProperty("leftOut").GetArrayLength());
        Assert.Equal([1, 3], report.GetProperty("auto").EnumerateArray().Select(choice => choice.GetProperty("batch").GetInt64()));
        Assert.All(report.GetProperty("auto").EnumerateArray(), choice => Assert.Contains(choice.GetProperty("engine").GetString(), (string[])["onednn", "onnxruntime"]));
        Assert.Equal([1.0, 1.0], forms.Where(form => form.GetProperty("form").GetString() == "eager").Select(form => form.GetProperty("ratioToEager").GetDouble()));
    }

    [Fact]
    public async Task People_see_a_table()
    {
        var lines = (await Run.Of("bench", "lenet_1", "--rounds", "1")).Lines;

        Assert.StartsWith("lenet_1, images of (1, 28, 28), ", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.TrimStart().StartsWith("compiled ", StringComparison.Ordinal));
        Assert.Equal(BFloat16.Length == 0, lines.Contains($"left out: compiled bfloat16: {Refusal}"));
        Assert.Matches("^Engine.Auto takes (onednn|onnxruntime) for 1 image: (onednn|onnxruntime) .* ms, (onednn|onnxruntime) .* ms$", lines[^1]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1,x")]
    public async Task A_batch_is_a_whole_number(string batch) =>
        Assert.Contains($"'{batch}' is no batch", (await Run.Of("bench", "lenet_1", "--batch", batch)).Mistake(), StringComparison.Ordinal);
}
