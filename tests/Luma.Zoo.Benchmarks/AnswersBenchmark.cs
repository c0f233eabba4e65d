using System.Globalization;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.Training.Data;
using static TorchSharp.torch;

namespace Luma.Zoo.Benchmarks;

/// <summary>Counts on how many pictures a network compiled in float32 and in bfloat16 has the first answer that it has as it is.</summary>
internal static class AnswersBenchmark
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var model, var path])
        {
            Console.Error.WriteLine("usage: answers MODEL DATA");
            return 1;
        }

        var parts = ModelZoo.TakeApart(ModelSource.Find(model), new());
        using var network = parts.Network;
        network.eval();
        using var data = Datasets.OpenForEvaluation(path, new() { FindDuplicates = false });
        using var compiled = network.Compile();
        using var bfloat16 = network.Compile(new() { Type = ScalarType.BFloat16 });

        var (count, same, sameBFloat16) = (0L, 0L, 0L);
        var loader = new DataLoader(data.Validation, parts.Preset, new() { BatchSize = 32, Shuffle = false, DropLastImage = false });
        await foreach (var (_, batch) in loader.ReadAsync(epoch: 1))
        {
            using (batch)
            using (NewDisposeScope())
            using (inference_mode())
            {
                var answers = network.call(batch.Inputs).argmax(1);
                count += batch.Count;
                same += (compiled.Run(batch.Inputs).argmax(1) == answers).sum().item<long>();
                sameBFloat16 += (bfloat16.Run(batch.Inputs).argmax(1) == answers).sum().item<long>();
            }
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{model}, {count} pictures: the same first answer on {same} compiled, on {sameBFloat16} in bfloat16 ({(double)sameBFloat16 / count:P2})"));
        return 0;
    }
}
