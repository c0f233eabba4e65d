using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Luma.Neural;
using Luma.Neural.Blocks;

namespace Luma.Zoo.Tests.Models;

/// <summary>What Python computed for one network: see scripts/goldens_models.py.</summary>
public sealed record ModelGolden(
    string Id, string Torch, long[] Input, ModelGolden.KeyList Keys, double Drawn, float[] Seeded, bool SeededInTraining,
    ModelGolden.WeightedRun Weighted, ModelGolden.ResizedRun? Resized, ModelGolden.TrainingStep? Step,
    ModelGolden.DroppingStep? StepDrawn)
{
    public const int Classes = 50;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Goldens", "models");

    public static IEnumerable<string> Ids => Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)!).Order();

    public static ModelGolden Load(string id) =>
        JsonSerializer.Deserialize<ModelGolden>(File.ReadAllText(Path.Combine(Folder, $"{id}.json")), Json)!;

    public sealed record KeyList(int Count, string Sha256);

    public sealed record WeightedRun(double Gain, bool Double, float[] Output);

    public sealed record ResizedRun(long Height, long Width, float[] Output);

    public sealed record TrainingStep(
        int Batch, long Side, double Loss, Dictionary<string, double[]> Gradients, Dictionary<string, double[]> Buffers);

    public sealed record DroppingStep(int Batch, long Side, double Loss, double Gradients, float Next);

    /// <summary>Fills every tensor of the state dict in order, from the generator as it stands: the twin of the script's <c>fill</c>.</summary>
    public static void Fill(NeuralModule network, double gain, Generator? generator = null) => Fill(network.state_dict(), gain, generator);

    /// <summary>Fills tensors in order, by what their names tell.</summary>
    public static void Fill(IEnumerable<KeyValuePair<string, Tensor>> tensors, double gain, Generator? generator = null)
    {
        using var noGrad = no_grad();
        foreach (var (name, tensor) in tensors)
        {
            if (!tensor.is_floating_point()) continue;

            var leaf = name[(name.LastIndexOf('.') + 1)..];
            if (leaf == "running_mean") tensor.normal_(0, 0.1, generator);
            else if (leaf == "running_var") tensor.uniform_(0.5, 1.5, generator);
            else if (leaf == "weight" && tensor.dim() > 1) tensor.normal_(0, gain / Math.Sqrt(tensor.shape.Skip(1).Aggregate(1L, (a, b) => a * b)), generator);
            else if (leaf == "weight" || leaf.Contains("scale", StringComparison.Ordinal)) tensor.uniform_(0.5, 1.5, generator);
            else tensor.normal_(0, 0.1, generator);
        }
    }

    /// <summary>The network with the golden's weights.</summary>
    public Block Build(Generator generator)
    {
        using var skip = Initializers.Skip();
        var network = ModelZoo.Create(Id, Classes);
        Fill(network, Weighted.Gain, generator);
        return network;
    }

    /// <summary>The loss of a training step. Auxiliary heads count 0.3 each: Szegedy et al., "Going Deeper with Convolutions" (2014), section 5.</summary>
    public static Tensor LossOf(Block network, Tensor images, Tensor labels)
    {
        if (network is not AuxiliaryNetwork auxiliary) return nn.functional.cross_entropy(network.call(images), labels);

        var (logits, heads) = auxiliary.ForwardWithAuxiliaries(images);
        return heads.Aggregate(
            nn.functional.cross_entropy(logits, labels), (sum, head) => sum + (0.3 * nn.functional.cross_entropy(head, labels)));
    }

    /// <summary>Noise around a level for each image and channel.</summary>
    public static Tensor DrawImages(long count, long[] shape, Generator? generator = null)
    {
        using var noise = rand([count, .. shape], generator: generator);
        using var level = randn([count, shape[0], 1, 1], generator: generator);
        return noise.add(level);
    }

    /// <summary>The shape of the smallest image that a network takes, for what is true at any size.</summary>
    public static int[] SmallestInput(string id)
    {
        var (channels, height, _) = ModelZoo.Find(id).Variant.InputShape;
        var side = id switch
        {
            "lenet_1" or "lenet_4" or "lenet_5" or "lenet_5_conv" or "alexnet_2012" or "zfnet" or "maxvit_t" => height,
            _ when id.StartsWith("vit_", StringComparison.Ordinal) => id == "vit_h_14" ? 28 : 64,
            _ when id.StartsWith("inception", StringComparison.Ordinal) => 75,
            "alexnet" or "nin" => 67,
            _ => Math.Min(height, 33),
        };
        return [channels, side, side];
    }

    public static KeyList KeysOf(NeuralModule network)
    {
        var lines = new StringBuilder();
        var state = network.state_dict();
        foreach (var (name, tensor) in state)
            lines.Append(CultureInfo.InvariantCulture, $"{name} {tensor.dtype.ToString().ToLowerInvariant()} [{string.Join(", ", tensor.shape)}]\n");
        return new(state.Count, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString()))));
    }

    /// <summary>One number for all weights.</summary>
    public static double DrawnBy(NeuralModule network)
    {
        return network.state_dict().Values.Where(tensor => tensor.is_floating_point()).Select((tensor, i) => (i + 1) * Magnitude(tensor)).Sum();

        // Piece by piece: the largest networks' weights are 2.5 GB, and fresh memory is slow.
        static double Magnitude(Tensor tensor)
        {
            using var scope = NewDisposeScope();
            return tensor.detach().flatten().split(1 << 20).Sum(piece =>
            {
                using var inner = NewDisposeScope();
                return piece.to(float64).abs().sum().item<double>();
            });
        }
    }

    /// <summary>Sum of squares' root, sum of magnitudes, first and last element.</summary>
    public static double[] Digest(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var flat = tensor.detach().to(float64).flatten();
        return [flat.norm().item<double>(), flat.norm(1f).item<double>(), flat[0].item<double>(), flat[-1].item<double>()];
    }

    /// <summary>The largest difference, relative to the largest expected number, if any is not zero.</summary>
    public static double Difference(IReadOnlyList<float> expected, IReadOnlyList<float> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        var scale = expected.Max(Math.Abs);
        var difference = expected.Zip(actual, (e, a) => (double)Math.Abs(e - a)).Max();
        return scale == 0 ? difference : difference / scale;
    }
}
