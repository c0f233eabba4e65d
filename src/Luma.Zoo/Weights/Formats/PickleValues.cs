namespace Luma.Zoo.Weights.Formats;

// What pickles make here. None is null; bool, long, BigInteger, double and string are themselves; a tuple is an object?[].

/// <summary>A list.</summary>
internal sealed class PickledList
{
    private List<object?>? items;

    public IReadOnlyList<object?> Items => items ?? (IReadOnlyList<object?>)[];

    public void Add(object? item) => (items ??= []).Add(item);
}

/// <summary>A dictionary: its pairs as they were set, so that of two with one key the later counts.</summary>
internal sealed class PickledDict
{
    private List<(object? Key, object? Value)>? pairs;

    public IReadOnlyList<(object? Key, object? Value)> Pairs => pairs ?? (IReadOnlyList<(object? Key, object? Value)>)[];

    /// <summary>What was set beside the pairs: the attributes of Python's object.</summary>
    public object? State { get; set; }

    public void Set(object? key, object? value) => (pairs ??= []).Add((key, value));

    /// <summary>The value that counts for a key, or null.</summary>
    /// <param name="key">The key.</param>
    /// <param name="budget">Pays for the walk through the pairs.</param>
    public object? Find(string key, ReadBudget budget)
    {
        if (pairs is null) return null;
        budget.Walk(pairs.Count);
        return pairs.FindLast(pair => pair.Key is string name && name == key).Value;
    }
}

/// <summary>Something that is allowed but of no use here, such as a set, bytes or a namespace; its content is not kept.</summary>
/// <param name="Kind">What to call it in messages.</param>
internal sealed record PickledThing(string Kind);

/// <summary>A tensor that is there but not read, with the reason, such as <c>a sparse tensor, which is not read</c>.</summary>
internal sealed record UnreadTensor(string Reason);

/// <summary>A name that a pickle asks for.</summary>
/// <param name="Name">The name with its module.</param>
/// <param name="IsInert">Whether whatever is made with it is of no use here, so that nothing but its name is kept.</param>
internal sealed record PickledGlobal(string Name, bool IsInert = false);

/// <summary>A storage, as the persistent ids of pickles name it.</summary>
/// <param name="Storage">Its bytes.</param>
/// <param name="Type">What it counts in; tensors of other types may view an untyped one.</param>
/// <param name="Offset">Where in the bytes it begins: older files have storages within storages.</param>
internal sealed record PickledStorage(Storage Storage, ElementType Type, long Offset = 0);
