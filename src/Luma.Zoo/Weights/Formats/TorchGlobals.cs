using System.Collections.Frozen;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// The names that pickles of weights may ask for, and what calling them gives. What weights are made of is on one list; on another
/// stands what people leave beside their weights and what cannot hold any: of that only the name is kept. Any other name is refused
/// when it is asked for, whether or not it would be called, unless everything that is no weight is to be inert.
/// </summary>
/// <param name="budget">Pays for the tensors that are made.</param>
/// <param name="inertExtras">Whether names that nobody knows are inert, not refused.</param>
internal sealed class TorchGlobals(ReadBudget budget, bool inertExtras = false)
{
    private const string FromType = "torch._tensor._rebuild_from_type_v2";
    private const string NewObject = "copyreg.__newobj__";
    private const string Attribute = "builtins.getattr";
    private const string Parameter = "torch.nn.parameter.Parameter";

    // What a tensor takes in memory, and for each dimension.
    private const int TensorCost = 128, DimensionCost = 16, ThingCost = 32;

    // torch._utils._rebuild_tensor_v2 takes a dictionary of two facts at most, as does a module's entry in _metadata.
    private const int MaxFacts = 8;

    private static readonly FrozenDictionary<string, PickledGlobal> Allowed = new[]
    {
        "collections.OrderedDict", "collections.defaultdict", "builtins.dict",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", FromType,
        "torch.Tensor", Parameter, NewObject, "torch.nn.parameter.Buffer",
        "torch.Size", "torch.storage.UntypedStorage", "torch.storage._UntypedStorage",
        "builtins.set", "builtins.frozenset", "builtins.bytearray", "_codecs.encode", Attribute,
    }.ToFrozenDictionary(name => name, name => new PickledGlobal(name));

    // What training scripts and frameworks are known to leave beside weights. None of it is looked up or run: a namespace is "a namespace".
    private static readonly FrozenDictionary<string, PickledGlobal> Inert = new[]
    {
        "argparse.Namespace", "types.SimpleNamespace", "copyreg._reconstructor", "builtins.object",
        "collections.Counter", "collections.deque", "collections.UserDict", "collections.ChainMap",
        "builtins.range", "builtins.slice", "builtins.complex", "builtins.list", "builtins.tuple", "builtins.int", "builtins.float",
        "builtins.bool", "builtins.str", "builtins.bytes", "builtins.type", "builtins.NoneType", "builtins.Ellipsis",
        "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "datetime.timezone", "zoneinfo.ZoneInfo._unpickle",
        "decimal.Decimal", "fractions.Fraction", "uuid.UUID", "ipaddress.IPv4Address", "re._compile", "random.Random",
        "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
        "pathlib._local.Path", "pathlib._local.PosixPath", "pathlib._local.WindowsPath", "pathlib._local.PurePath",
        "pathlib._local.PurePosixPath", "pathlib._local.PureWindowsPath",
        "numpy.ndarray", "numpy.dtype", "numpy.matrix", "numpy.core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
        "numpy.core.numeric._frombuffer", "numpy.bool_", "numpy.bool", "numpy.int8", "numpy.int16", "numpy.int32", "numpy.int64", "numpy.uint8",
        "numpy.uint16", "numpy.uint32", "numpy.uint64", "numpy.float16", "numpy.float32", "numpy.float64", "numpy.complex64",
        "numpy.complex128", "numpy.ma.core._mareconstruct", "numpy.ma.core.MaskedArray", "numpy.ma.MaskedArray",
        "numpy.random._pickle.__randomstate_ctor", "numpy.random._pickle.__generator_ctor", "numpy.random._pickle.__bit_generator_ctor",
        "numpy.random.__RandomState_ctor", "numpy.random._mt19937.MT19937", "numpy.random._pcg64.PCG64", "numpy.random._pcg64.PCG64DXSM",
        "numpy.random._philox.Philox", "numpy.random._sfc64.SFC64", "numpy.random.bit_generator.SeedSequence",
        "numpy.random.bit_generator.__pyx_unpickle_SeedSequence", "numpy.random.mtrand.RandomState", "numpy.random._generator.Generator",
        "torch.device", "torch.torch_version.TorchVersion", "torch.Generator", "torch._C.Generator", "torch.strided", "torch.sparse_coo",
        "torch._utils.torch", "torch.contiguous_format", "torch.channels_last", "torch.preserve_format", "torch.serialization._get_layout",
        "torch.per_tensor_affine", "torch.per_channel_affine",
        "torch.per_tensor_symmetric", "torch.per_channel_symmetric", "torch.per_channel_affine_float_qparams", "torch.finfo", "torch.iinfo", "torch.cuda.amp.grad_scaler.GradScaler", "torch.amp.grad_scaler.GradScaler",
        "omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig", "omegaconf.base.ContainerMetadata", "omegaconf.base.Metadata",
        "omegaconf.nodes.AnyNode", "omegaconf.nodes.StringNode", "omegaconf.nodes.IntegerNode", "omegaconf.nodes.FloatNode",
        "omegaconf.nodes.BooleanNode", "omegaconf.nodes.EnumNode", "omegaconf.nodes.ValueNode", "typing.Any", "typing.Union",
        "easydict.EasyDict", "yacs.config.CfgNode", "fvcore.common.config.CfgNode", "addict.addict.Dict", "addict.Dict", "munch.Munch",
        "ml_collections.config_dict.config_dict.ConfigDict", "mmengine.config.config.ConfigDict", "mmcv.utils.config.ConfigDict",
        "mmengine.logging.history_buffer.HistoryBuffer", "pytorch_lightning.utilities.parsing.AttributeDict",
        "lightning.fabric.utilities.data.AttributeDict", "lightning_fabric.utilities.data.AttributeDict",
        "lightning.pytorch.utilities.parsing.AttributeDict", "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
        "pytorch_lightning.callbacks.early_stopping.EarlyStopping", "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
        "lightning.pytorch.callbacks.early_stopping.EarlyStopping",
        "torchvision.transforms.functional.InterpolationMode", "transformers.trainer_utils.IntervalStrategy",
    }.ToFrozenDictionary(name => name, name => new PickledGlobal(name, IsInert: true));

    // Python 2's names, and those that moved.
    private static readonly FrozenDictionary<string, string> Renamed = new Dictionary<string, string>
    {
        ["__builtin__"] = "builtins",
        ["copy_reg"] = "copyreg",
        ["torch.tensor"] = "torch._tensor",
        ["numpy._core.multiarray"] = "numpy.core.multiarray",
        ["numpy._core.numeric"] = "numpy.core.numeric",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> Reasons = new Dictionary<string, string>
    {
        ["torch._utils._rebuild_qtensor"] = "a quantised tensor, which is not read",
        ["torch._utils._rebuild_sparse_tensor"] = "a sparse tensor, which is not read",
        ["torch._utils._rebuild_sparse_csr_tensor"] = "a sparse tensor, which is not read",
        ["torch._utils._rebuild_nested_tensor"] = "a nested tensor, which is not read",
        ["torch._utils._rebuild_meta_tensor_no_storage"] = "a tensor on the meta device, which has no values",
        ["torch._utils._rebuild_device_tensor_from_numpy"] = "a tensor of another device as numpy's, which is not read",
        ["torch._utils._rebuild_device_tensor_from_cpu_tensor"] = "a tensor of another device, which is not read",
        ["torch._utils._rebuild_wrapper_subclass"] = "a tensor of a class of its own, which is not read",
    }.ToFrozenDictionary();

    /// <summary>A set: allowed, its content is not kept.</summary>
    public static PickledThing Set { get; } = new("a set");

    /// <summary>Bytes: allowed, their content is not kept.</summary>
    public static PickledThing Bytes { get; } = new("bytes");

    /// <summary>Whether everything that is no weight is inert.</summary>
    public bool InertExtras => inertExtras;

    /// <summary>Finds what a pickle asks for.</summary>
    /// <exception cref="MalformedDataException">It is not allowed.</exception>
    public PickledGlobal Find(string module, string name)
    {
        if (module.Length + name.Length > 1024) throw Unknown(module, name);

        var full = (module, name) is ("__builtin__", "xrange" or "unicode" or "long")
            ? "builtins.range"
            : $"{Renamed.GetValueOrDefault(module, module)}.{name}";
        if (Allowed.TryGetValue(full, out var global) || Inert.TryGetValue(full, out global)) return global;
        if (Reasons.ContainsKey(full)) return new PickledGlobal(full);
        if (module == "torch" && (ElementType.OfStorage(name) ?? ElementType.OfTorchName(name)) is not null) return new PickledGlobal(full);
        return inertExtras ? new PickledGlobal(Printable.Of(full), IsInert: true) : throw Unknown(module, name);
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
        else if (instance is not (TensorView or UnreadTensor or PickledThing)) throw new MalformedDataException("a state for what has none");
    }

    /// <summary>What a call gives.</summary>
    /// <exception cref="MalformedDataException">The arguments are not what the function takes.</exception>
    public object Call(object? function, object? arguments) => (function, arguments) switch
    {
        (PickledGlobal { IsInert: true } inert, object?[]) => Thing(inert.Name),
        // What an inert function has given may be called in turn, a bound method for one.
        (PickledThing thing, object?[]) when inertExtras => thing,
        (PickledGlobal called, object?[] given) => Call(called, given),
        _ => throw new MalformedDataException("a call of what is not a function"),
    };

    /// <summary>What a call with named arguments gives: only inert things are made so.</summary>
    /// <exception cref="MalformedDataException">It is not of an inert thing.</exception>
    public object CallWithNames(object? function, object? arguments) => function is PickledGlobal { IsInert: true } && arguments is object?[]? Call(function, arguments)
        : throw new MalformedDataException("a call with named arguments, which weights do not need");

    private static MalformedDataException Unknown(string module, string name)
    {
        var shown = Printable.Of($"{Printable.Of(module)}.{Printable.Of(name)}");
        return new(
            module == "torch" && (name.EndsWith("Storage", StringComparison.Ordinal) || name.Contains("int", StringComparison.Ordinal)
                || name.StartsWith("float", StringComparison.Ordinal))
                ? $"elements of a type that libtorch does not have here ({shown})"
                : $"the pickle asks for {shown}, which is not among what weights need and is refused: save the model's state_dict() alone, "
                + "or pass --inert-extras (in C#: InertExtras), which ignores everything but the weights");
    }

    private PickledThing Thing(string kind)
    {
        budget.Take(ThingCost);
        return new(kind);
    }

    private object Call(PickledGlobal function, object?[] arguments) => (function.Name, arguments) switch
    {
        // A call within a call goes no deeper than this one.
        (FromType, [PickledGlobal inner, PickledGlobal { Name: "torch.Tensor" or Parameter }, object?[] innerArguments, _])
            when inner.Name != FromType =>
            CallDirectly(inner.Name, innerArguments),
        (NewObject, [PickledGlobal { Name: Parameter }, .. var rest]) => CallDirectly(Parameter, rest),
        (NewObject, [PickledGlobal { IsInert: true } inert, ..]) => Thing(inert.Name),
        _ => CallDirectly(function.Name, arguments),
    };

    private object CallDirectly(string name, object?[] arguments) => (name, arguments) switch
    {
        ("collections.OrderedDict" or "builtins.dict", []) => NewDict(),
        ("collections.OrderedDict" or "builtins.dict", [PickledList pairs]) => Pairs(pairs),
        ("collections.OrderedDict" or "builtins.dict", [PickledDict dict]) => dict,
        ("collections.defaultdict", [] or [PickledGlobal] or [null] or [PickledThing]) => NewDict(),
        ("collections.defaultdict", [_, PickledDict dict]) => dict,
        ("torch._utils._rebuild_tensor", [PickledStorage storage, long offset, object?[] shape, object?[] strides]) =>
            Tensor(storage, null, offset, shape, strides),
        ("torch._utils._rebuild_tensor_v2",
            [PickledStorage storage, long offset, object?[] shape, object?[] strides, bool, _, .. var metadata]) =>
            Tensor(storage, null, offset, shape, strides, metadata),
        ("torch._utils._rebuild_tensor_v3",
            [PickledStorage storage, long offset, object?[] shape, object?[] strides, bool, _, PickledGlobal type, .. var metadata]) =>
            Tensor(storage, ElementTypeOf(type), offset, shape, strides, metadata),
        ("torch._utils._rebuild_parameter", [var data and (TensorView or UnreadTensor), bool, _]) => data,
        ("torch._utils._rebuild_parameter_with_state", [var data and (TensorView or UnreadTensor), bool, _, _]) => data,
        (Parameter or "torch.nn.parameter.Buffer", [var data and (TensorView or UnreadTensor), ..]) => data,
        ("torch.Size", [object?[] sizes]) => sizes,
        ("_codecs.encode" or "builtins.bytearray", _) => Bytes,
        ("builtins.set" or "builtins.frozenset", _) => Set,
        // Python 3.11 names the members of an enumeration so, and old protocols name torch's own constants.
        (Attribute, [PickledGlobal { IsInert: true } owner, string]) => Thing(owner.Name),
        (Attribute, _) => inertExtras ? Thing(Attribute) : throw Unknown("builtins", "getattr"),
        _ when Reasons.TryGetValue(name, out var reason) => Unread($"{reason} ({name})"),
        _ => throw new MalformedDataException($"{name} with arguments that it does not take"),
    };

    private PickledDict NewDict()
    {
        budget.Take(ThingCost);
        return new();
    }

    private PickledDict Pairs(PickledList list)
    {
        budget.Walk(list.Items.Count);
        budget.Take(ThingCost * (1L + list.Items.Count));
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

    private object Tensor(
        PickledStorage storage, ElementType? type, long offset, object?[] shape, object?[] strides, object?[]? metadata = null)
    {
        budget.Take(TensorCost + (DimensionCost * (long)shape.Length));
        if (metadata is not (null or [] or [null] or [PickledDict { Pairs.Count: <= MaxFacts }]))
            throw new MalformedDataException("a tensor with metadata that are no dictionary of a few facts");
        if (metadata is [PickledDict { Pairs: var pairs }] && pairs.Any(pair => pair.Value is not false))
            return Unread("a tensor that is kept as the conjugate or the negative of its values, which is not read");

        type ??= storage.Type;
        if (!type.IsRead) return Unread($"a tensor whose elements are of a type that libtorch does not have here (torch.{type.TorchName})");
        if (storage.Offset % type.Size != 0) throw new MalformedDataException("a storage that begins within an element");
        if (offset > long.MaxValue - storage.Offset) throw new MalformedDataException("a tensor too large to exist");
        return new TensorView(storage.Storage, type, offset + (storage.Offset / type.Size), Numbers(shape), Numbers(strides));
    }

    private UnreadTensor Unread(string reason)
    {
        budget.Take(TensorCost);
        return new(reason);
    }

    private static long[] Numbers(object?[] items) =>
        Array.ConvertAll(items, item => item is long number ? number : throw new MalformedDataException("a size or stride that is no integer"));
}
