using System.Diagnostics;
using System.Globalization;
using Luma.Neural.Native;
using Luma.Neural.Operations;
using TorchSharp;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Prints what a dense layer takes as a convolution, over what it takes as a matrix product, for the layers of ViT-B/16 and of ConvNeXt
/// and different numbers of rows: medians of turns. <see cref="DenseProduct"/> chooses by it.
/// </summary>
internal static class DenseBenchmark
{
    private const int Rounds = 15;

    // As many layers of each kind as ViT-B/16 has: of a single one, the weights would stay in the processor's cache.
    private const int Layers = 12;

    private static readonly (long In, long Out)[] Shapes = [(768, 2304), (768, 768), (768, 3072), (3072, 768), (384, 1536), (1536, 384)];

    public static int Run(string[] args)
    {
        if (args is not [])
        {
            Console.Error.WriteLine("usage: dense");
            return 1;
        }

        NativeLibraries.EnsureLoaded();
        using var inference = torch.inference_mode();
        Console.WriteLine($"| rows | {string.Join(" | ", Shapes.Select(shape => $"{shape.In} -> {shape.Out}"))} |");
        Console.WriteLine($"| --- |{string.Concat(Enumerable.Repeat(" --- |", Shapes.Length))}");
        foreach (var rows in (long[])[8, 64, 128, 197, 394, 788, 1576])
        {
            var ratios = Shapes.Select(shape => Ratio(rows, shape.In, shape.Out).ToString("f2", CultureInfo.InvariantCulture));
            Console.WriteLine($"| {rows} | {string.Join(" | ", ratios)} |");
        }
        return 0;
    }

    private static double Ratio(long rows, long inFeatures, long outFeatures)
    {
        using var scope = torch.NewDisposeScope();
        var (input, bias) = (torch.rand(rows, inFeatures), torch.rand(outFeatures));
        var weights = Enumerable.Range(0, Layers).Select(_ => torch.rand(outFeatures, inFeatures)).ToArray();
        var (convolutions, products) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            convolutions.Add(Time(weight => DenseProduct.ByConvolution(input, weight, bias)));
            products.Add(Time(weight => torch.nn.functional.linear(input, weight, bias)));
        }
        return Median(convolutions) / Median(products);

        double Time(Func<torch.Tensor, torch.Tensor> product)
        {
            var watch = Stopwatch.StartNew();
            foreach (var weight in weights) product(weight).Dispose();
            return watch.Elapsed.TotalMilliseconds;
        }
    }

    private static double Median(List<double> times) => times.Order().ElementAt(Rounds / 2);
}
