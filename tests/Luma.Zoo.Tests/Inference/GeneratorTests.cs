using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Cli;

namespace Luma.Zoo.Tests.Inference;

/// <summary>Users who seed torch's generator get the same numbers whatever is loaded and classified between.</summary>
public class GeneratorTests
{
    [Fact]
    public void Making_and_asking_a_classifier_leaves_torchs_generator_as_it_was()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var before = get_rng_state();

        using var classifier = ModelZoo.CreateClassifier("lenet_5", new() { Compilation = ClassifierCompilation.Ahead });
        Assert.NotEmpty(classifier.ClassifyBatch(zeros(3, 1, 32, 32))[0]);

        Assert.Equal(before.data<byte>().ToArray(), get_rng_state().data<byte>().ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("--output out.jsonl --resume")]
    [InlineData("--format csv")]
    [InlineData("--no-compile")]
    public async Task The_program_leaves_it_as_it_was_too(string options)
    {
        using var images = new ManyImages(40);
        using var scope = NewDisposeScope();
        manual_seed(5);
        var before = get_rng_state().data<byte>().ToArray();

        await images.ClassifyAsync([.. options.Replace("out.jsonl", images.Output("out.jsonl"), StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal(before, get_rng_state().data<byte>().ToArray());
    }
}
