using Xunit.Abstractions;

namespace Luma.Zoo.Tests;

/// <summary>Begins with the collections that take longest. Fewer run at a time than there are, and one that begins late would end long after the others.</summary>
public sealed class BuildingLast : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => collection.DisplayName == nameof(Building));
}
