using System.Diagnostics;
using System.Globalization;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using TorchSharp;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Many threads share one classifier for minutes, in all of its ways, with good images and bad ones. Prints what the process holds as
/// time goes by, and fails where an image ever gets another answer than it got at first.
/// </summary>
internal static class SoakBenchmark
{
    private const int Threads = 16;

    public static int Run(string[] args)
    {
        if (args is not [var model, var weights, var folder, var length]
            || !double.TryParse(length, NumberStyles.Float, CultureInfo.InvariantCulture, out var minutes))
        {
            Console.Error.WriteLine("usage: soak MODEL WEIGHTS FOLDER MINUTES");
            return 1;
        }

        var random = new Random(1);
        using var classifier = ModelZoo.CreateClassifier(model, new() { Weights = weights });
        Picture[] pictures = [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).SelectMany(path => Variants(path, random))];
        foreach (var picture in pictures) picture.First = Answer(() => classifier.Classify(picture.Bytes));
        Console.WriteLine($"{pictures.Length} pictures, {pictures.Count(picture => picture.First is null)} of them bad; {Threads} threads, {minutes} minutes");
        Console.WriteLine("| seconds | images | refused | resident MB | managed MB | tensors |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");

        long images = 0, refused = 0, wrong = 0;
        var watch = Stopwatch.StartNew();
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(minutes));
        var workers = Enumerable.Range(0, Threads).Select(seed => Task.Factory.StartNew(() => Work(seed).Wait(), TaskCreationOptions.LongRunning)).ToArray();
        do
        {
            Print();
        }
        while (!Task.WaitAll(workers, TimeSpan.FromMinutes(minutes / 10)));
        Print();
        Console.WriteLine($"{wrong} answers were not the first");
        return wrong == 0 ? 0 : 1;

        async Task Work(int seed)
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                var picture = pictures[random.Next(pictures.Length)];
                switch (random.Next(5))
                {
                    case 0:
                        Check(picture, Answer(() => classifier.Classify(picture.Bytes)));
                        break;
                    case 1:
                        Check(picture, Answer(() => classifier.Classify(new MemoryStream(picture.Bytes))));
                        break;
                    case 2:
                        Check(picture, Answer(() => classifier.ClassifyAsync(picture.Bytes).GetAwaiter().GetResult()));
                        break;
                    case 3:
                        var some = random.GetItems(pictures, 6);
                        var options = new BatchOptions { BatchSize = 4 };
                        foreach (var (one, result) in some.Zip(classifier.ClassifyMany(some.Select(one => (ImageSource)one.Bytes), options)))
                            Check(one, result.Error is null ? result.Predictions : null);
                        break;
                    default:
                        // Somebody who does not wait for the answer.
                        using (var impatient = new CancellationTokenSource(random.Next(50)))
                        {
                            try
                            {
                                Check(picture, await classifier.ClassifyAsync(picture.Bytes, cancellation: impatient.Token));
                            }
                            catch (OperationCanceledException)
                            {
                            }
                            catch (ImageException)
                            {
                                Check(picture, null);
                            }
                        }
                        break;
                }
            }
        }

        void Check(Picture picture, IReadOnlyList<Prediction>? answer)
        {
            Interlocked.Increment(ref answer is null ? ref refused : ref images);
            // In a batch the last digits may be others.
            var same = answer is null || picture.First is null
                ? answer is null && picture.First is null
                : Math.Abs(answer[0].Probability - picture.First[0].Probability) <= 1e-5 * picture.First[0].Probability;
            if (!same) Interlocked.Increment(ref wrong);
        }

        void Print()
        {
            using var process = Process.GetCurrentProcess();
            var line = string.Create(CultureInfo.InvariantCulture,
                $"| {watch.Elapsed.TotalSeconds:f0} | {images} | {refused} | {process.WorkingSet64 >> 20} | {GC.GetTotalMemory(false) >> 20} | {torch.Tensor.TotalCount} |");
            Console.WriteLine(line);
        }
    }

    private static IReadOnlyList<Prediction>? Answer(Func<IReadOnlyList<Prediction>> classify)
    {
        try
        {
            return classify();
        }
        catch (ImageException)
        {
            return null;
        }
    }

    // The file, one that was cut, and one with some bytes of others.
    private static IEnumerable<Picture> Variants(string path, Random random)
    {
        var bytes = File.ReadAllBytes(path);
        yield return new Picture(bytes);
        if (bytes.Length < 2) yield break;

        yield return new Picture(bytes[..random.Next(1, bytes.Length)]);
        byte[] spoilt = [.. bytes];
        for (var i = 0; i < 20; i++) spoilt[random.Next(spoilt.Length)] = (byte)random.Next(256);
        yield return new Picture(spoilt);
    }

    private sealed class Picture(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        /// <summary>What it was said to show at first; null where it was refused.</summary>
        public IReadOnlyList<Prediction>? First { get; set; }
    }
}
