using Luma.Zoo.Benchmarks;

switch (args)
{
    case ["training", .. var rest]:
        return TrainingBenchmark.Run(rest);
    default:
        Console.Error.WriteLine("usage: Luma.Zoo.Benchmarks training ...");
        return 1;
}
