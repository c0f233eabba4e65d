using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

/// <summary>Parameters, gradients and losses of single steps.</summary>
public class TrainingStepTests
{
    private static readonly LearningRateSchedule Constant = new LearningRateSchedule.Constant();

    [Fact]
    public void Parameters_are_in_groups_by_their_rules()
    {
        using var model = Deep();
        var options = Quick with
        {
            Optimizer = new Optimizer.Sgd { LearningRate = 0.1, WeightDecay = 0.01 },
            DecayNormsAndBiases = false,
            LayerDecay = 0.5,
            Rules = [new("trunk", 3), new("trunk.bias", 2, 0.5)],
        };

        var groups = Grouped(model, options);

        // The layers are trunk, norm, middle and head, with 1/8, 1/4, 1/2 and all of the rate.
        Assert.Equal((0.1 * 3 / 8, 0.01), groups["trunk.weight"], Close);
        Assert.Equal((0.1 * 2 / 8, 0.5), groups["trunk.bias"], Close);
        Assert.Equal((0.1 / 4, 0), groups["norm.weight"], Close);
        Assert.Equal((0.1 / 4, 0), groups["norm.bias"], Close);
        Assert.Equal((0.1 / 2, 0.01), groups["middle.weight"], Close);
        Assert.Equal((0.1 / 2, 0), groups["middle.bias"], Close);
        Assert.Equal((0.1, 0.01), groups["head.weight"], Close);
        Assert.Equal((0.1, 0), groups["head.bias"], Close);
        Assert.Equal(["head.weight", "head.bias"], Grouped(model, options with { Freeze = ["body"], Rules = [] }).Keys);
        Assert.Equal(4, Grouped(model, options with { Freeze = ["body"], Unfreeze = [new(3, "middle")], Rules = [] }).Count);
        Assert.All(Grouped(model, Quick with { Optimizer = options.Optimizer }).Values, group => Assert.Equal((0.1, 0.01), group));

        static bool Close((double, double) one, (double, double) other) => Math.Abs(one.Item1 - other.Item1) < 1e-12 && Math.Abs(one.Item2 - other.Item2) < 1e-12;

        static Dictionary<string, (double, double)> Grouped(NeuralModule model, TrainingOptions options)
        {
            var names = model.named_parameters().ToDictionary(entry => entry.parameter.Handle, entry => entry.name);
            return new ParameterPlan(model, options).Groups().SelectMany(group => group.Parameters.Select(parameter => (parameter, group)))
                .ToDictionary(entry => names[entry.parameter.Handle], entry => (entry.group.LearningRate, entry.group.WeightDecay));
        }
    }

    [Theory]
    [InlineData(48)]
    [InlineData(40)]
    [InlineData(36)]
    [InlineData(44)]
    public async Task Two_batches_of_eight_are_as_one_of_sixteen(int count)
    {
        var (small, large) = (await Trained(8, 2), await Trained(16, 1));

        for (var i = 0; i < small.Length; i++) Assert.Equal(large[i], small[i], 1e-6f);
        Assert.NotEqual(large, await Trained(8, 1));

        async Task<float[]> Trained(int size, int accumulate)
        {
            using var data = new Bars(count);
            using var model = Seeded(() => new Sequence { new Flatten(), new Dense(256, 20), new Tanh(), new Dense(20, 10) });
            var result = await new Trainer(model, Bars.Preset(), Quick with { BatchSize = size, Accumulate = accumulate, Schedule = Constant }).FitAsync(data);
            Assert.Equal(accumulate == 1 && size == 8 ? 0 : 3 * ((count + 15) / 16), size == 8 && accumulate == 1 ? 0 : result.Steps);
            return WeightsOf(model);
        }
    }

    [Fact]
    public async Task A_step_is_taken_where_the_last_batch_of_an_epoch_cannot_be_read()
    {
        // Without shuffling being at hand, all that is left of the images fits two batches, and one of the three is empty.
        using var data = new Bars(24) { Unreadable = [.. Enumerable.Range(0, 24)] };
        using var model = Linear();
        await Assert.ThrowsAsync<InvalidDatasetException>(() => new Trainer(model, Bars.Preset(), Quick with { BatchSize = 8, Accumulate = 4 }).FitAsync(data));

        var order = new SampleRandom(1, 1, 0, SampleRandom.Purpose.Order).NextOrder(24);
        using var some = new Bars(24) { Unreadable = order[16..] };
        var before = WeightsOf(model);
        var result = await new Trainer(model, Bars.Preset(), Quick with { Epochs = 1, BatchSize = 8, Accumulate = 4 }).FitAsync(some);

        Assert.Equal(1, result.Steps);
        Assert.NotEqual(before, WeightsOf(model));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.5)]
    public async Task Gradients_are_no_longer_than_was_asked_for(double norm)
    {
        using var data = new Bars(16);
        using var model = Linear();
        var before = WeightsOf(model);

        await new Trainer(model, Bars.Preset(), Quick with { Epochs = 1, ClipNorm = norm, Optimizer = new Optimizer.Sgd { LearningRate = 1 } }).FitAsync(data);

        var length = Math.Sqrt(WeightsOf(model).Zip(before, (one, other) => Math.Pow(one - other, 2)).Sum());
        Assert.Equal(norm, length, norm * 1e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_average_of_the_weights_is_that_of_its_formula(int every)
    {
        using var data = new Bars(64);
        using var model = Linear();
        double[]? expected = null;

        await new Trainer(model, Bars.Preset(), Quick with { Average = new(0.8, every) })
        {
            StepDone = (step, _, _) =>
            {
                var weights = WeightsOf(model);
                if ((step - 1) % every != 0) return;
                expected = expected is null ? [.. weights.Select(weight => (double)weight)] : [.. expected.Zip(weights, (mean, weight) => (0.8 * mean) + (0.2 * weight))];
            },
        }.FitAsync(data);

        var actual = WeightsOf(model);
        for (var i = 0; i < actual.Length; i++) Assert.Equal(expected![i], actual[i], 1e-6);
    }

    [Fact]
    public void Losses_have_the_values_of_their_formulas()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[] { 2f, 0f, 0f, 1f }, [2, 2]);
        // Of the two images: -log softmax of each class.
        double[] first = [Math.Log(1 + Math.Exp(-2)), Math.Log(1 + Math.Exp(2))], second = [Math.Log(1 + Math.Exp(1)), Math.Log(1 + Math.Exp(-1))];
        var labels = tensor(new[] { 0L, 0L });
        var mixed = tensor(new[] { 0.7f, 0.3f, 0f, 1f }, [2, 2]);

        Assert.Equal((first[0] + second[0]) / 2, Of(new TrainingLoss.CrossEntropy(), labels), 1e-6);
        Assert.Equal(((0.95 * first[0]) + (0.05 * first[1]) + (0.95 * second[0]) + (0.05 * second[1])) / 2, Of(new TrainingLoss.CrossEntropy { LabelSmoothing = 0.1 }, labels), 1e-6);
        Assert.Equal(((0.7 * first[0]) + (0.3 * first[1]) + second[1]) / 2, Of(new TrainingLoss.CrossEntropy(), mixed), 1e-6);
        // PyTorch divides by the weights of the labels that are there.
        Assert.Equal(((3 * first[0]) + (1 * second[1])) / 4, Of(new TrainingLoss.CrossEntropy { ClassWeights = [3, 1] }, tensor(new[] { 0L, 1L })), 1e-6);
        // Of a class with the weight 0 nothing is learnt, also where a batch has no other.
        var nothing = new TrainingLoss.CrossEntropy { ClassWeights = [0, 1] };
        Assert.Equal(second[1], Of(nothing, tensor(new[] { 0L, 1L })), 1e-6);
        Assert.Equal(0, Of(nothing, labels));
        Assert.Equal(0, Of(nothing with { LabelSmoothing = 0.1 }, labels));
        Assert.Equal(((0.3 * first[1]) + second[1]) / 2, Of(nothing, mixed), 1e-6);
        // -log sigmoid(x) = log(1 + e^-x); of what is not there, log(1 + e^x).
        var binary = (Math.Log(1 + Math.Exp(-2)) + Math.Log(2) + Math.Log(2) + Math.Log(1 + Math.Exp(-1))) / 4;
        Assert.Equal(binary, Of(new TrainingLoss.BinaryCrossEntropy(), tensor(new[] { 1f, 0f, 0f, 1f }, [2, 2])), 1e-6);
        Assert.Equal(binary, Of(new TrainingLoss.BinaryCrossEntropy(), tensor(new[] { 0L, 1L })), 1e-6);
        var weighted = ((5 * Math.Log(1 + Math.Exp(-2))) + Math.Log(2) + Math.Log(2) + (2 * Math.Log(1 + Math.Exp(-1)))) / 4;
        Assert.Equal(weighted, Of(new TrainingLoss.BinaryCrossEntropy { PositiveWeights = [5, 2] }, tensor(new[] { 1f, 0f, 0f, 1f }, [2, 2])), 1e-6);

        double Of(TrainingLoss loss, Tensor targets) => loss.Compute(logits, targets).item<float>();
    }

    [Fact]
    public void A_batch_of_classes_that_do_not_count_has_gradients_of_0()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[] { 2f, 0f, 0f, 1f }, [2, 2], requires_grad: true);

        new TrainingLoss.CrossEntropy { ClassWeights = [0, 1], LabelSmoothing = 0.1 }.Compute(logits, tensor(new[] { 0L, 0L })).backward();

        Assert.Equal([0f, 0f, 0f, 0f], logits.grad!.data<float>().ToArray());
    }

    [Fact]
    public async Task An_optimiser_a_schedule_and_a_loss_of_ones_own_will_do()
    {
        using var data = new Bars(160);
        using var model = Linear();
        var options = Quick with { Optimizer = new OwnAdamax { LearningRate = 0.002 }, Schedule = new Jump(1000), Loss = new Squares() };

        var result = await new Trainer(model, Bars.Preset(), options).FitAsync(data);

        Assert.InRange(result.History[^1].Loss, 0, result.History[0].Loss * 0.8);
        Assert.Throws<System.Text.Json.JsonException>(options.ToJson);
    }
}
