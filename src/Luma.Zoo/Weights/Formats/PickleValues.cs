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
    public object? Find(string key) => pairs?.FindLast(pair => pair.Key is string name && name == key).Value;
}

/// <summary>Something that is allowed but of no use here, such as a set or bytes; its content is not kept.</summary>
internal sealed record PickledThing(string Kind);

/// <summary>A name that the allow-list has.</summary>
internal sealed record PickledGlobal(string Name);

/// <summary>A storage, as the persistent ids of pickles name it.</summary>
/// <param name="Storage">Its bytes.</param>
/// <param name="Type">What it counts in; tensors of other types may view an untyped one.</param>
/// <param name="Offset">Where in the bytes it begins: older files have storages within storages.</param>
internal sealed record PickledStorage(Storage Storage, ElementType Type, long Offset = 0);
