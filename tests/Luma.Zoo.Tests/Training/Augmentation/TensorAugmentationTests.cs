using System.Text.Json;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Tests.Training.Augmentation;

/// <summary>What is done to tensors: erasing and mixing.</summary>
public sealed class TensorAugmentationTests
{
    private static readonly AugmentationGoldens Goldens = AugmentationGoldens.Load();

    [Fact]
    public void MixingIsTorchvisions()
    {
        var golden = Goldens.Mixed.ToList();
        using var inputs = Floats(golden[0], "inputs", 4, 2, 5, 6);
        using var targets = Floats(golden[0], "targets", 4, 3);
        Assert.Equal(9, golden.Count);
        foreach (var mixed in golden.Skip(1))
        {
            var share = mixed.GetProperty("share").GetDouble();
            var (newInputs, newTargets) = mixed.GetProperty("kind").GetString() == "mix_up"
                ? MixUp.Mix(inputs, targets, share)
                : mixed.GetProperty("box").Deserialize<int[]>() is [var left, var top, var right, var bottom]
                    ? CutMix.Mix(inputs, targets, new(left, top, right - left, bottom - top), share)
                    : throw new InvalidOperationException();
            using (newInputs)
            using (newTargets)
            {
                Assert.Equal(mixed.GetProperty("inputs").Deserialize<float[]>(), newInputs.data<float>().ToArray());
                Assert.Equal(mixed.GetProperty("targets").Deserialize<float[]>(), newTargets.data<float>().ToArray());
            }
        }
        using var before = Floats(golden[0], "inputs", 4, 2, 5, 6);
        Assert.True(before.equal(inputs).all().item<bool>());
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(1.0)]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    public void TargetsStayShares(double alpha)
    {
        using var inputs = rand([6, 3, 16, 12]);
        using var targets = eye(6);
        foreach (var mixing in new BatchMixing[] { new MixUp { Alpha = alpha }, new CutMix { Alpha = alpha } })
        {
            for (var batch = 0; batch < 20; batch++)
            {
                using var scope = NewDisposeScope();
                var random = new SampleRandom(1, 1, batch, SampleRandom.Purpose.Mixing);
                var (mixed, shares) = mixing.Apply(inputs, targets, random);
                Assert.Equal(inputs.shape, mixed.shape);
                Assert.True(shares.sum(1).sub(1).abs().max().item<float>() < 1e-6);
                Assert.True(shares.min().item<float>() >= 0);
            }
        }
    }

    [Fact]
    public void MixingTakesBatches()
    {
        using var inputs = rand([2, 3, 4, 4]);
        using var classes = tensor(new long[] { 0, 1 });
        var random = new SampleRandom(1, 1, 1);
        Assert.Throws<ArgumentException>(() => new MixUp().Apply(inputs, classes, random));
        Assert.Throws<ArgumentException>(() => new CutMix().Apply(inputs[0], eye(3), random));
        Assert.Throws<ArgumentException>(() => new CutMix().Apply(inputs, eye(3), random));
    }

    [Fact]
    public void OneOfTheWaysToMixIsDrawn()
    {
        using var inputs = rand([2, 1, 8, 8]);
        using var targets = eye(2);
        var transform = new TrainingTransform { Mixing = [new MixUp(), new CutMix()], MixingProbability = 0.5 };
        var (same, blended, pasted) = (0, 0, 0);
        for (var batch = 0; batch < 200; batch++)
        {
            using var scope = NewDisposeScope();
            var (mixed, _) = transform.Mix(inputs, targets, new SampleRandom(1, 1, batch, SampleRandom.Purpose.Mixing));
            if (ReferenceEquals(mixed, inputs)) same++;
            else if (mixed.eq(inputs).logical_or(mixed.eq(inputs.roll(1, 0))).all().item<bool>()) pasted++;
            else blended++;
        }
        Assert.InRange(same, 70, 130);
        Assert.InRange(blended, 25, 75);
        Assert.InRange(pasted, 25, 75);
    }

    [Fact]
    public void ErasingWritesWhereItWasDrawn()
    {
        using var input = rand([3, 20, 30]);
        using var before = input.clone();
        foreach (var value in new IReadOnlyList<double>?[] { [0], [7, 8, 9], null })
        {
            var erasing = new RandomErasing { Probability = 1, Value = value };
            var random = new SampleRandom(1, 1, 5);
            Assert.True(random.Happens(1));
            var (window, noise) = erasing.Draw(input.shape, random)!.Value;

            using var scope = NewDisposeScope();
            var erased = erasing.Apply(input, new SampleRandom(1, 1, 5));
            var expected = input.clone();
            var part = expected.narrow(1, window.Top, window.Height).narrow(2, window.Left, window.Width);
            part.copy_(noise is null
                ? tensor(value!.Select(number => (float)number).ToArray()).reshape(-1, 1, 1).expand_as(part)
                : tensor(noise).reshape(3, window.Height, window.Width));
            Assert.True(expected.equal(erased).all().item<bool>());
            Assert.False(erased.equal(input).all().item<bool>());
            Assert.True(before.equal(input).all().item<bool>());
        }
    }

    [Fact]
    public void NoiseHasMeanZeroAndDeviationOne()
    {
        var noise = new RandomErasing { Value = null, Scale = (0.9, 0.9), Ratio = (1, 1) }.Draw([3, 100, 100], new SampleRandom(1, 1, 1))!.Value.Noise!;
        var mean = noise.Average();
        Assert.InRange(mean, -0.03, 0.03);
        Assert.InRange(Math.Sqrt(noise.Average(number => (number - mean) * (number - mean))), 0.97, 1.03);
    }

    [Fact]
    public void ErasingHappensAsOftenAsItShould()
    {
        using var input = ones([1, 10, 10]);
        var erasing = new RandomErasing { Probability = 0.25 };
        var erased = Enumerable.Range(0, 1000).Count(sample =>
        {
            using var scope = NewDisposeScope();
            return !ReferenceEquals(erasing.Apply(input, new SampleRandom(1, 1, sample)), input);
        });
        Assert.InRange(erased, 200, 300);
    }

    [Fact]
    public void ErasingLeavesWhatIsTooSmallAndRefusesWhatDoesNotFit()
    {
        using var tiny = ones([3, 1, 1]);
        Assert.Same(tiny, new RandomErasing { Probability = 1, Scale = (0.5, 1) }.Apply(tiny, new SampleRandom(1, 1, 1)));
        Assert.Throws<ArgumentException>(() => new RandomErasing { Value = [1, 2] }.Apply(tiny, new SampleRandom(1, 1, 1)));
        Assert.Throws<ArgumentException>(() => new RandomErasing().Apply(zeros([2, 3, 4, 4]), new SampleRandom(1, 1, 1)));
    }

    private static Tensor Floats(JsonElement golden, string name, params long[] shape) => tensor(golden.GetProperty(name).Deserialize<float[]>()!).reshape(shape);
}
