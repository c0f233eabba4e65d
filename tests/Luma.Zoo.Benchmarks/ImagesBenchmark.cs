using System.Diagnostics;
using System.Globalization;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Decodes the images of a folder and prepares them for a network, on a number of threads, once for every line on standard input, and
/// answers each with the images a second: so scripts/bench_images.py can take turns between this and Python.
/// </summary>
internal static class ImagesBenchmark
{
    public static int Run(string[] args)
    {
        if (args is not [var folder, var count] || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var threads))
        {
            Console.Error.WriteLine("usage: images FOLDER THREADS");
            return 2;
        }

        var files = Directory.GetFiles(folder).Order(StringComparer.Ordinal).ToArray();
        var writer = new InputWriter(new ImagePreset { ResizeSize = [256], CropSize = [224] }, DecodeOptions.Default);
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            var watch = Stopwatch.StartNew();
            Parallel.ForEach(files, new ParallelOptions { MaxDegreeOfParallelism = threads }, file =>
            {
                using var input = writer.Read(file);
            });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{files.Length / watch.Elapsed.TotalSeconds:f2}"));
        }
        return 0;
    }
}
