using System.Text.Json;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Zoo.Models;
using Luma.Zoo.Training;

namespace Luma.Zoo.Tests.Models;

/// <summary>Networks with auxiliary heads, and torchvision's against Python's: see scripts/goldens_auxiliary.py.</summary>
public class AuxiliaryTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly Dictionary<string, Golden> Goldens = JsonSerializer.Deserialize<Dictionary<string, Golden>>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "auxiliary.json")), Json)!;

    private static readonly Dictionary<string, (Func<ModelOptions, AuxiliaryNetwork> Make, int Side)> Networks = new()
    {
        ["googlenet"] = (options => new GoogLeNet(GoogLeNet.Plans["googlenet"], options), 224),
        ["inception_v3"] = (options => new InceptionV3(InceptionV3.Plans["inception_v3"], options), 299),
    };

    public static TheoryData<string> Ids => [.. Networks.Keys];

    public static TheoryData<string> Published => ["inceptionnet_v1", "inceptionnet_v2", "inceptionnet_v3"];

    [Theory, MemberData(nameof(Ids))]
    public void Without_heads_keys_and_seeded_weights_are_pythons(string id)
    {
        manual_seed(0);
        using var network = Networks[id].Make(new() { NumClasses = ModelGolden.Classes, AuxiliaryHeads = false });

        Assert.Equal(Goldens[id].Keys, ModelGolden.KeysOf(network));
        Assert.Equal(Goldens[id].Drawn, ModelGolden.DrawnBy(network), 1e-7 * Goldens[id].Drawn);
    }

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Ids))]
    public void In_training_the_heads_give_pythons_logits_and_gradients(string id)
    {
        using var scope = NewDisposeScope();
        var golden = Goldens[id];
        using var network = Filled(id, transformInput: false, golden.Gain, out var images);
        var labels = arange(images.size(0)).remainder(ModelGolden.Classes);
        network.train();
        // In single precision the gradients of the first layers differ by per cents from one kind of processor to another, Python's as well.
        network.to(float64);
        foreach (var dropout in network.modules().Where(module => module is Dropout)) dropout.eval();

        var (logits, heads) = network.ForwardWithAuxiliaries(images.to(float64));
        var loss = heads.Aggregate(
            nn.functional.cross_entropy(logits, labels), (sum, head) => sum + (0.3 * nn.functional.cross_entropy(head, labels)));
        loss.backward();

        Assert.Equal(golden.Outputs.Length, heads.Count + 1);
        foreach (var (expected, actual) in golden.Outputs.Zip([.. heads, logits]))
            Assert.InRange(ModelGolden.Difference(expected, actual.to(float32).data<float>().ToArray()), 0, 1e-6);
        Assert.Equal(golden.Loss, loss.item<double>(), 1e-7 * golden.Loss);

        var gradients = network.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad);
        foreach (var (name, expected) in golden.Gradients)
        {
            var actual = ModelGolden.Digest(gradients[name]!);
            for (var i = 0; i < expected.Length; i++)
            {
                var tolerance = 1e-6 * Math.Max(Math.Abs(expected[i]), expected[0]);
                Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"{name}: {expected[i]} and {actual[i]}");
            }
        }
    }

    [Theory, MemberData(nameof(Ids))]
    public void A_transformed_input_gives_pythons_output_and_no_further_keys(string id)
    {
        using var scope = NewDisposeScope();
        using var network = Filled(id, transformInput: true, Goldens[id].Gain, out var images);
        network.eval();
        using var inference = inference_mode();

        Assert.Equal(ModelGolden.Load(id).Keys, ModelGolden.KeysOf(network));
        Assert.InRange(ModelGolden.Difference(Goldens[id].Transformed, network.call(images).data<float>().ToArray()), 0, 2e-5);
    }

    [Fact]
    public void A_transformed_input_has_three_channels() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Networks["googlenet"].Make(new() { InChannels = 1, TransformInput = true }));

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Published))]
    public void The_papers_heads_run_in_training_alone_and_reach_their_parameters(string id)
    {
        using var scope = NewDisposeScope();
        var options = new ModelOptions { NumClasses = 7, AuxiliaryHeads = true };
        using AuxiliaryNetwork network = id switch
        {
            "inceptionnet_v1" => new InceptionNet_V1(options),
            "inceptionnet_v2" => new InceptionNet_V2(options),
            _ => new InceptionNet_V3(options),
        };
        var side = ModelZoo.Find(id).Variant.InputShape.Height;
        var images = randn(2, 3, side, side);
        var heads = network.named_children().Where(child => child.name.StartsWith("aux", StringComparison.Ordinal)).ToList();

        var (logits, auxiliaries) = network.ForwardWithAuxiliaries(images);
        Assert.All(auxiliaries.Prepend(logits), output => Assert.Equal([2, 7], output.shape));
        Assert.Equal(id == "inceptionnet_v1" ? 2 : 1, auxiliaries.Count);
        Assert.Equal(auxiliaries.Count, heads.Count);
        // The paper normalises the hidden units of Inception-v3's head, and of no other.
        Assert.Equal(id == "inceptionnet_v3", heads[0].module.named_children().Any(child => child.name == "bn"));

        cat([.. auxiliaries]).square().sum().backward();
        Assert.All(heads.SelectMany(head => head.module.parameters()), parameter => Assert.NotNull(parameter.grad));
        Assert.NotNull(network.parameters().First().grad);
        Assert.Null(network.parameters().Last().grad);

        network.eval();
        using var inference = inference_mode();
        Assert.Empty(network.ForwardWithAuxiliaries(images[..1]).Auxiliaries);
    }

    [Fact]
    public void Auxiliary_heads_learn_with_the_rest()
    {
        using var scope = NewDisposeScope();
        using var network = Networks["googlenet"].Make(new() { NumClasses = 7 });
        var before = network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        var optimizer = new Optimizer.Sgd();
        TorchSharp.Modules.Parameter[] parameters = [.. network.parameters()];
        using var updates = optimizer.Create([new ParameterGroup(parameters, optimizer.LearningRate, 0)]);
        var step = new TrainingStep(network, new TrainingOptions(), new TrainingLoss.CrossEntropy(), updates, parameters);
        var images = randn(2, 3, 64, 64);
        network.train();

        step.Run(() => step.Forward(images), arange(2), isLast: true);

        foreach (var (name, parameter) in network.named_parameters()) Assert.False(parameter.eq(before[name]).all().item<bool>(), name);
    }

    [Fact]
    public void An_observer_sees_the_heads_inside_the_network()
    {
        using var scope = NewDisposeScope();
        using var network = new InceptionNet_V1(new() { NumClasses = 7, AuxiliaryHeads = true });
        var images = randn(1, 3, 128, 128);
        var observer = new Scopes();

        using (ForwardPass.Observe(observer)) network.call(images);
        Assert.DoesNotContain("InceptionNet_V1/AuxiliaryHead", observer.Paths);

        using (ForwardPass.Observe(observer)) network.ForwardWithAuxiliaries(randn(1, 3, 224, 224));
        Assert.Equal(2, observer.Paths.Count(path => path == "InceptionNet_V1/AuxiliaryHead"));
        Assert.Equal(2, observer.Paths.Count(path => path == "InceptionNet_V1"));
    }

    private static AuxiliaryNetwork Filled(string id, bool transformInput, double gain, out Tensor images)
    {
        var (make, side) = Networks[id];
        using var skip = Initializers.Skip();
        var network = make(new() { NumClasses = ModelGolden.Classes, TransformInput = transformInput });
        manual_seed(1);
        ModelGolden.Fill(network, gain);
        images = ModelGolden.DrawImages(4, [3, side, side]);
        return network;
    }

    private sealed record Golden(
        double Gain, ModelGolden.KeyList Keys, double Drawn, float[] Transformed, float[][] Outputs, double Loss,
        Dictionary<string, double[]> Gradients);

    private sealed class Scopes : IForwardObserver
    {
        private readonly Stack<string> open = [];

        public List<string> Paths { get; } = [];

        public void Entered(NeuralModule module, Tensor input)
        {
            open.Push(module.GetName());
            if (module is Block) Paths.Add(string.Join('/', open.Reverse()));
        }

        public void Left(NeuralModule module, Tensor input, Tensor output) => open.Pop();
    }
}
