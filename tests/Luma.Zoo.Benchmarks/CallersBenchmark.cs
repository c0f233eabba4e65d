using System.Diagnostics;
using System.Globalization;
using Luma.Zoo.Inference;
using TorchSharp;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Prints what many callers of one classifier take for a number of images, over what one takes for the same: by threads that wait, and by
/// calls that are awaited, each alone and gathered into batches. Medians of turns.
/// </summary>
internal static class CallersBenchmark
{
    private const int Callers = 16, Images = 64, Rounds = 9;

    public static int Run(string[] args)
    {
        if (args is not [var model, var weights, var path])
        {
            Console.Error.WriteLine("usage: callers MODEL WEIGHTS IMAGE");
            return 1;
        }

        using var classifier = ModelZoo.CreateClassifier(model, new() { Weights = weights });
        using var gathering = ModelZoo.CreateClassifier(model, new() { Weights = weights, Gathering = new() });
        var image = File.ReadAllBytes(path);
        Action[] ways = [One, () => Threads(classifier), () => Awaited(classifier), () => Threads(gathering), () => Awaited(gathering)];
        var times = ways.Select(_ => new List<double>()).ToArray();
        foreach (var way in ways) way();
        for (var round = 0; round < Rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                var watch = Stopwatch.StartNew();
                ways[way]();
                times[way].Add(watch.Elapsed.TotalMilliseconds);
            }
        }

        var medians = times.Select(list => list.Order().ElementAt(Rounds / 2)).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{model}, {Images} images, {torch.get_num_threads()} threads a pass: one caller {medians[0]:f0} ms; {Callers} threads {medians[1] / medians[0]:f2}, {Images} awaited calls {medians[2] / medians[0]:f2} of it; gathered {medians[3] / medians[0]:f2} and {medians[4] / medians[0]:f2}"));
        return 0;

        void One()
        {
            for (var i = 0; i < Images; i++) classifier.Classify(image);
        }

        void Threads(Classifier classifier)
        {
            var threads = Enumerable.Range(0, Callers).Select(_ => new Thread(() =>
            {
                for (var i = 0; i < Images / Callers; i++) classifier.Classify(image);
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
        }

        void Awaited(Classifier classifier) => Task.WhenAll(Enumerable.Range(0, Images).Select(_ => classifier.ClassifyAsync(image))).Wait();
    }
}
