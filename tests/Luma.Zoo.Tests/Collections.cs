namespace Luma.Zoo.Tests;

/// <summary>Tests of the whole catalogue. They run beside others, so they never draw from torch's own generator: networks are built without initialisers and filled from a generator of the test's.</summary>
[CollectionDefinition(nameof(WholeCatalogue))]
public sealed class WholeCatalogue;

/// <summary>Tests that start programs and wait for them. They run beside others, so they never draw from torch's own generator.</summary>
[CollectionDefinition(nameof(Processes))]
public sealed class Processes;

/// <summary>Tests that build and pack. They run beside others, so they never draw from torch's own generator.</summary>
[CollectionDefinition(nameof(Building))]
public sealed class Building : ICollectionFixture<Packages.CompilerServer>;

/// <summary>Tests that count what the whole process holds. They run when no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
