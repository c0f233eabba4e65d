// torch's generator is one for the process: tests that seed it and draw from it must not run side by side. Those that have no use for it are in
// collections of their own, beside the others.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly, MaxParallelThreads = 3)]
[assembly: TestCollectionOrderer("Luma.Zoo.Tests.BuildingLast", "Luma.Zoo.Tests")]
