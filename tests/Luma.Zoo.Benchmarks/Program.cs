using Luma.Neural.Native;
using Luma.Zoo.Benchmarks;

// As the program and the classifier do.
NativeHeap.KeepFreed();

switch (args)
{
    case ["loading", .. var rest]:
        return LoadingBenchmark.Run(rest);
    case ["training", .. var rest]:
        return TrainingBenchmark.Run(rest);
    case ["finetune", .. var rest]:
        return FineTuningBenchmark.Run(rest);
    case ["forward", .. var rest]:
        return ForwardBenchmark.Run(rest);
    case ["building", .. var rest]:
        return BuildingBenchmark.Run(rest);
    case ["dense", .. var rest]:
        return DenseBenchmark.Run(rest);
    case ["callers", .. var rest]:
        return CallersBenchmark.Run(rest);
    case ["images", .. var rest]:
        return ImagesBenchmark.Run(rest);
    case ["augmentation", .. var rest]:
        return AugmentationBenchmark.Run(rest);
    case ["compilation", .. var rest]:
        return CompilationBenchmark.Run(rest);
    case ["engines", .. var rest]:
        return EnginesBenchmark.Run(rest);
    case ["answers", .. var rest]:
        return await AnswersBenchmark.RunAsync(rest);
    case ["transfer", .. var rest]:
        return await TransferBenchmark.RunAsync(rest);
    case ["soak", .. var rest]:
        return SoakBenchmark.Run(rest);
    default:
        Console.Error.WriteLine("usage: Luma.Zoo.Benchmarks loading|building|forward|training|finetune|dense|callers|images|augmentation|compilation|engines|answers|soak|transfer ...");
        return 1;
}
