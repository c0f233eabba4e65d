using Luma.Neural;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Inference;

public class CreateClassifierTests
{
    public static TheoryData<string> Ids => [.. ModelZoo.Families.Select(family => family.Variants[0].Id)];

    [Theory, MemberData(nameof(Ids))]
    public void The_classes_of_a_network_are_the_outputs_of_its_last_layer(string id)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id, numClasses: 7);

        Assert.Equal(7, ClassifierHead.CountClasses(network));
    }

    [Fact]
    public async Task A_classifier_is_made_without_blocking()
    {
        using var classifier = await ModelZoo.CreateClassifierAsync("lenet_5");
        var digit = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "digit-7-*.png")[0];

        Assert.Equal("7", (await classifier.ClassifyAsync(digit, top: 1))[0].Label);
    }

    [Fact]
    public async Task A_download_that_takes_long_can_be_stopped()
    {
        using var folder = new TemporaryFolder();
        var silent = new TaskCompletionSource();
        await using var server = new FileServer((request, _) => FileAnswer.Of(new byte[1000], request) with { Break = (500, silent.Task) });
        using var cancellation = new CancellationTokenSource();
        var hub = new Hub(new HubOptions { Folder = folder.File(""), Mirror = server.Address, Offline = false });

        var creating = ModelZoo.CreateClassifierAsync(
            "resnet18", new() { Hub = hub }, new Immediate(cancellation.Cancel), cancellation.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creating);
        silent.SetResult();
    }

    private sealed class Immediate(Action told) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => told();
    }
}
