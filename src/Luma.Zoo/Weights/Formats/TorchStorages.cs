namespace Luma.Zoo.Weights.Formats;

/// <summary>The tuples by which PyTorch's pickles name their storages.</summary>
internal static class TorchStorages
{
    /// <summary>Takes a tuple apart: <c>("storage", class, key, location, count)</c>, in the legacy format with a sixth member.</summary>
    /// <param name="id">The tuple.</param>
    /// <param name="rest">The sixth member, if there is one.</param>
    /// <returns>The element type, the key and the number of elements.</returns>
    /// <exception cref="MalformedDataException">It is not such a tuple.</exception>
    public static (ElementType Type, string Key, long Count) Parse(object? id, out object?[] rest)
    {
        if (id is not object?[] tuple) throw new MalformedDataException("a persistent id that is no tuple");
        if (IsModule(id)) throw new MalformedDataException("a whole module with its code: save its state_dict() instead");
        if (tuple is not ["storage", var storage, string key, _, long count, .. var further])
            throw new MalformedDataException("a persistent id that names no storage");

        var type = TorchGlobals.ElementTypeOf(storage) ?? throw new MalformedDataException("a storage without a type");
        if (count < 0 || count > long.MaxValue / type.Size) throw new MalformedDataException($"a storage of {count} elements");
        rest = further;
        return (type, key, count);
    }

    /// <summary>Whether a tuple names a whole module with its code, as old files have them.</summary>
    /// <param name="id">The tuple.</param>
    public static bool IsModule(object? id) => id is object?[] and ["module", ..];
}
