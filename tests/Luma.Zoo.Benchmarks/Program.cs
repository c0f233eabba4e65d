using Luma.Zoo.Benchmarks;

switch (args)
{
    case ["loading", .. var rest]:
        return LoadingBenchmark.Run(rest);
    case ["training", .. var rest]:
        return TrainingBenchmark.Run(rest);
    default:
        Console.Error.WriteLine("usage: Luma.Zoo.Benchmarks loading|training ...");
        return 1;
}
