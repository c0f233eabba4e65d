using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

/// <summary>What training holds. Tensors are counted over the whole process.</summary>
[Collection(nameof(Alone))]
public class TrainingMemoryTests
{
    [Fact]
    public async Task No_tensor_outlives_its_step()
    {
        using var data = new Bars(64);
        using var model = Deep();
        var counts = new List<long>();

        await new Trainer(model, Bars.Preset(), Quick with { Epochs = 12, Average = new(0.9), ClipNorm = 1, Transform = new TrainingTransform { Inputs = [new DigitDistortion()], Mixing = [new MixUp()] } })
        {
            // No batch is made ahead here. What is left of the time before is finalised first; after that nothing may be left to be.
            EpochDone = history =>
            {
                if (history.Count <= 2)
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                }
                else
                {
                    counts.Add(Tensor.TotalCount);
                }
            },
        }.FitAsync(data);

        Assert.Equal(10, counts.Count);
        Assert.All(counts, count => Assert.Equal(counts[0], count));
    }
}
