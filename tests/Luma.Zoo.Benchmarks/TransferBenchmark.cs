using System.Diagnostics;
using System.Globalization;
using Luma.Zoo.Images;
using Luma.Zoo.Models;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Weights;
using TorchSharp;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// What a trained body is worth on few pictures: a head is trained on it while it is frozen, then nearly all of it learns, and then the same
/// network learns from scratch, for as many epochs. The body is what <c>scripts/featurizer_resnet.py</c> makes.
/// </summary>
/// <remarks>
/// A seed learns from 100 pictures of each class that it draws from the training part, and chooses its best epoch by 20 others. All are measured once, in
/// the end, on the validation part.
/// </remarks>
internal static class TransferBenchmark
{
    private const int Training = 100;
    private const int Choosing = 20;
    private const int FrozenEpochs = 60;

    // The folder's network is resnet34, seven of whose sixteen blocks add nothing: without them there is half as much to compute.
    private static readonly ResNetPlan Plan = new(ResNetUnit.Basic, [2, 2, 2, 3]);

    // The stem takes levels from 0 to 255, so its weights are small and its gradients large. Enlarged pictures have other statistics than
    // ImageNet's, so the norms keep those that the body was trained with.
    private static readonly string[] KeptWhenUnfrozen = ["conv1", "*bn*", "*downsample.1*"];

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>BODY PICTURES SEED EPOCHS</c>: the model folder, a folder or an archive with a training and a validation part, and two numbers.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var body, var pictures, var seed, var epochs])
        {
            Console.Error.WriteLine("usage: transfer BODY PICTURES SEED EPOCHS");
            return 1;
        }

        await Train(ModelFolder.Open(body), pictures, int.Parse(seed, CultureInfo.InvariantCulture), int.Parse(epochs, CultureInfo.InvariantCulture));
        return 0;
    }

    private static async Task Train(ModelFolder body, string pictures, int seed, int epochs)
    {
        using var data = Datasets.Open(pictures, new() { FindDuplicates = false });
        var (training, choosing) = Draw(data.Training, seed);
        var preset = body.Manifest.Preset;
        var sgd = new Optimizer.Sgd { LearningRate = 0.01, Momentum = 0.9, Nesterov = true, WeightDecay = 1e-4 };
        var flip = new TrainingTransform
        {
            Images = [new Resize { Size = new(preset.CropSize[0], preset.CropSize[^1]), Interpolation = preset.Interpolation }, new RandomHorizontalFlip()],
        };

        torch.manual_seed(seed);
        using var network = new ResNet(Plan, new() { NumClasses = data.Classes.Count });
        using (var weights = body.OpenWeights())
        {
            // The head is new, and the file has no counters.
            var names = network.state_dict().Keys.Where(name => !name.StartsWith("fc.", StringComparison.Ordinal) && !name.EndsWith("num_batches_tracked", StringComparison.Ordinal));
            network.Load(StateDict.Of(names.Select(name => KeyValuePair.Create(name, weights[name].ToTensor()))), strict: false);
        }
        await Fit("frozen", new() { Epochs = FrozenEpochs, Optimizer = sgd, Freeze = ["body"] });
        await Fit("unfrozen", new()
        {
            Epochs = epochs,
            Optimizer = new Optimizer.Adam { Decoupled = true, LearningRate = 3e-5, WeightDecay = 0.05 },
            Transform = flip,
            Freeze = KeptWhenUnfrozen,
        });

        torch.manual_seed(seed);
        using var fresh = new ResNet(Plan, new() { NumClasses = data.Classes.Count });
        await Fit("scratch", new() { Epochs = epochs, Optimizer = sgd with { LearningRate = 0.05 }, Transform = flip }, fresh, preset with { Std = [0.25, 0.25, 0.25] });

        async Task Fit(string kind, TrainingOptions recipe, ResNet? other = null, ImagePreset? otherPreset = null)
        {
            var (trained, shown, clock) = (other ?? network, otherPreset ?? preset, Stopwatch.StartNew());
            var result = await new Trainer(trained, shown, recipe with { Seed = seed }).FitAsync(training, choosing);
            var took = clock.Elapsed;
            var measured = await new Evaluator(trained, shown).RunAsync(data.Validation);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{kind}, seed {seed}: {measured.Accuracy:P1} of {measured.Count}, best of {recipe.Epochs} epochs: {result.Best!.Epoch} ({result.Best.Accuracy:P1} of {choosing.Count}), {took.TotalMinutes:F1} min; losses {string.Join(' ', result.History.TakeLast(4).Select(epoch => $"{epoch.Loss:F3}"))}"));
        }
    }

    private static (Subset Training, Subset Choosing) Draw(IDataset data, int seed)
    {
        var random = new Random(seed);
        List<int> training = [], choosing = [];
        foreach (var label in Enumerable.Range(0, data.Classes.Count))
        {
            var members = Enumerable.Range(0, data.Count).Where(index => data.GetLabels(index)[0] == label).ToArray();
            random.Shuffle(members);
            choosing.AddRange(members[..Choosing]);
            training.AddRange(members[Choosing..(Choosing + Training)]);
        }
        return (new(data, training), new(data, choosing));
    }
}
