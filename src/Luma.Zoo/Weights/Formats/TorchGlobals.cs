using System.Collections.Frozen;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// The names that pickles of weights may ask for, and what calling them gives. The list is the whole of it: a name that is not here
/// is refused when it is asked for, whether or not it would be called.
/// </summary>
/// <param name="size">The pickle's size in bytes, which bounds what it may have made of it.</param>
internal sealed class TorchGlobals(int size)
{
    private const string FromType = "torch._tensor._rebuild_from_type_v2";
    private const string NewObject = "copyreg.__newobj__";
    private const string Parameter = "torch.nn.parameter.Parameter";

    // A tensor takes at least this in a pickle, and so much for each dimension. A pickle that makes more of itself loops through its memo.
    private const int TensorCost = 16;
    private const int DimensionCost = 4;

    private static readonly FrozenDictionary<string, PickledGlobal> Allowed = new[]
    {
        "collections.OrderedDict", "collections.Counter",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", FromType,
        "torch.Tensor", Parameter, NewObject,
        "torch.Size", "torch.device", "torch.storage.UntypedStorage", "torch.storage._UntypedStorage",
        "builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.complex", "_codecs.encode",
    }.ToFrozenDictionary(name => name, name => new PickledGlobal(name));

    // Python 2's names, and those that moved.
    private static readonly FrozenDictionary<string, string> Renamed = new Dictionary<string, string>
    {
        ["__builtin__"] = "builtins",
        ["copy_reg"] = "copyreg",
        ["torch.tensor"] = "torch._tensor",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> Reasons = new Dictionary<string, string>
    {
        ["torch._utils._rebuild_qtensor"] = "a quantised tensor, which is not read",
        ["torch._utils._rebuild_sparse_tensor"] = "a sparse tensor, which is not read",
        ["torch._utils._rebuild_nested_tensor"] = "a nested tensor, which is not read",
        ["torch._utils._rebuild_meta_tensor_no_storage"] = "a tensor on the meta device, which has no values",
    }.ToFrozenDictionary();

    private int budget = size;

    /// <summary>A set: allowed, its content is not kept.</summary>
    public static PickledThing Set { get; } = new("a set");

    /// <summary>Bytes: allowed, their content is not kept.</summary>
    public static PickledThing Bytes { get; } = new("bytes");

    private static PickledThing Other { get; } = new("a value");

    /// <summary>Finds what a pickle asks for.</summary>
    /// <exception cref="MalformedDataException">It is not allowed.</exception>
    public static PickledGlobal Find(string module, string name)
    {
        var full = $"{Renamed.GetValueOrDefault(module, module)}.{name}";
        if (Allowed.TryGetValue(full, out var global)) return global;
        if (module == "torch" && (ElementType.OfStorage(name) ?? ElementType.OfTorchName(name)) is not null) return new PickledGlobal(full);
        if (Reasons.TryGetValue(full, out var reason)) throw new MalformedDataException($"{reason} ({full})");

        var shown = Printable.Of($"{module}.{name}");
        throw new MalformedDataException(
            module == "torch" && (name.EndsWith("Storage", StringComparison.Ordinal) || name.Contains("int", StringComparison.Ordinal)
                || name.StartsWith("float8", StringComparison.Ordinal))
                ? $"elements of a type that libtorch does not have here ({shown})"
                : $"the pickle asks for {shown}, which is not among what weights need and is refused: save the model's state_dict() alone");
    }

    /// <summary>The element type that a global stands for: of a storage class or of a type itself.</summary>
    public static ElementType? ElementTypeOf(object? value)
    {
        if (value is not PickledGlobal { Name: var name }) return null;
        if (name is "torch.storage.UntypedStorage" or "torch.storage._UntypedStorage") return ElementType.Byte;
        return name.StartsWith("torch.", StringComparison.Ordinal)
            ? ElementType.OfStorage(name["torch.".Length..]) ?? ElementType.OfTorchName(name["torch.".Length..])
            : null;
    }

    /// <summary>Sets the state of a dictionary. Of other things that are known to bear one it is of no use, and the rest is refused.</summary>
    public static void Build(object? instance, object? state)
    {
        if (instance is PickledDict dict) dict.State = state;
        else if (instance is not (TensorView or PickledThing)) throw new MalformedDataException("a state for what has none");
    }

    /// <summary>What a call gives.</summary>
    /// <exception cref="MalformedDataException">The arguments are not what the function takes.</exception>
    public object Call(PickledGlobal function, object?[] arguments) => (function.Name, arguments) switch
    {
        // A call within a call goes no deeper than this one.
        (FromType, [PickledGlobal inner, PickledGlobal { Name: "torch.Tensor" or Parameter }, object?[] innerArguments, _])
            when inner.Name != FromType =>
            CallDirectly(inner.Name, innerArguments),
        (NewObject, [PickledGlobal { Name: Parameter }, .. var rest]) => CallDirectly(Parameter, rest),
        _ => CallDirectly(function.Name, arguments),
    };

    private object CallDirectly(string name, object?[] arguments) => (name, arguments) switch
    {
        ("collections.OrderedDict", []) => new PickledDict(),
        ("collections.OrderedDict", [PickledList pairs]) => Pairs(pairs),
        ("collections.OrderedDict", [PickledDict dict]) => dict,
        ("torch._utils._rebuild_tensor", [PickledStorage storage, long offset, object?[] shape, object?[] strides]) =>
            Tensor(storage, null, offset, shape, strides),
        ("torch._utils._rebuild_tensor_v2",
            [PickledStorage storage, long offset, object?[] shape, object?[] strides, bool, _, .. var metadata]) =>
            Tensor(storage, null, offset, shape, strides, metadata),
        ("torch._utils._rebuild_tensor_v3",
            [PickledStorage storage, long offset, object?[] shape, object?[] strides, bool, _, PickledGlobal type, .. var metadata]) =>
            Tensor(storage, ElementTypeOf(type), offset, shape, strides, metadata),
        ("torch._utils._rebuild_parameter", [TensorView data, bool, _]) => data,
        ("torch._utils._rebuild_parameter_with_state", [TensorView data, bool, _, _]) => data,
        (Parameter, [TensorView data, ..]) => data,
        ("torch.Size", [object?[] sizes]) => sizes,
        ("_codecs.encode" or "builtins.bytearray", _) => Bytes,
        ("builtins.set" or "builtins.frozenset", _) => Set,
        ("collections.Counter" or "torch.device" or "builtins.complex", _) => Other,
        _ => throw new MalformedDataException($"{name} with arguments that it does not take"),
    };

    private PickledDict Pairs(PickledList list)
    {
        Spend(list.Items.Count);
        var dict = new PickledDict();
        foreach (var item in list.Items)
        {
            var (key, value) = item switch
            {
                object?[] and [var first, var second] => (first, second),
                PickledList { Items: [var first, var second] } => (first, second),
                _ => throw new MalformedDataException("a dictionary of what are not pairs"),
            };
            dict.Set(key, value);
        }
        return dict;
    }

    private TensorView Tensor(
        PickledStorage storage, ElementType? type, long offset, object?[] shape, object?[] strides, object?[]? metadata = null)
    {
        Spend(TensorCost + (DimensionCost * shape.Length));
        if (metadata is not (null or [] or [null] or [PickledDict]))
            throw new MalformedDataException("a tensor with metadata that are no dictionary");
        if (metadata is [PickledDict { Pairs: var pairs }] && pairs.Any(pair => pair.Value is not false))
            throw new MalformedDataException("a tensor that is kept as the conjugate or the negative of its values, which is not read");

        type ??= storage.Type;
        if (storage.Offset % type.Size != 0) throw new MalformedDataException("a storage that begins within an element");
        if (offset > long.MaxValue - storage.Offset) throw new MalformedDataException("a tensor too large to exist");
        return new TensorView(storage.Storage, type, offset + (storage.Offset / type.Size), Numbers(shape), Numbers(strides));
    }

    private void Spend(int amount)
    {
        if (amount > budget) throw new MalformedDataException("a pickle that makes more of itself than it has bytes");
        budget -= amount;
    }

    private static long[] Numbers(object?[] items) =>
        [.. items.Select(item => item is long number ? number : throw new MalformedDataException("a size or stride that is no integer"))];
}
