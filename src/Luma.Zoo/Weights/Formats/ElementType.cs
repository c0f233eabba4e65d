using System.Collections.Frozen;

namespace Luma.Zoo.Weights.Formats;

/// <summary>A type of elements, with its names in the formats.</summary>
/// <param name="DType">libtorch's type.</param>
/// <param name="Size">The bytes of an element.</param>
/// <param name="TorchName">The name within the Python module <c>torch</c>.</param>
/// <param name="Storage">The class of its storages in pickles.</param>
/// <param name="Safetensors">Its name in safetensors, or null where it has none.</param>
internal sealed record ElementType(ScalarType DType, int Size, string TorchName, string Storage, string? Safetensors)
{
    private static readonly ElementType[] All =
    [
        new(ScalarType.Float32, 4, "float32", "FloatStorage", "F32"),
        new(ScalarType.Float64, 8, "float64", "DoubleStorage", "F64"),
        new(ScalarType.Float16, 2, "float16", "HalfStorage", "F16"),
        new(ScalarType.BFloat16, 2, "bfloat16", "BFloat16Storage", "BF16"),
        new(ScalarType.Int64, 8, "int64", "LongStorage", "I64"),
        new(ScalarType.Int32, 4, "int32", "IntStorage", "I32"),
        new(ScalarType.Int16, 2, "int16", "ShortStorage", "I16"),
        new(ScalarType.Int8, 1, "int8", "CharStorage", "I8"),
        new(ScalarType.Byte, 1, "uint8", "ByteStorage", "U8"),
        new(ScalarType.Bool, 1, "bool", "BoolStorage", "BOOL"),
        new(ScalarType.ComplexFloat32, 8, "complex64", "ComplexFloatStorage", "C64"),
        new(ScalarType.ComplexFloat64, 16, "complex128", "ComplexDoubleStorage", null),
    ];

    // What libtorch does not have here: tensors of these types are passed over.
    private static readonly ElementType[] Unread =
    [
        Other(2, "uint16", "", "U16"),
        Other(4, "uint32", "", "U32"),
        Other(8, "uint64", "", "U64"),
        Other(1, "float8_e4m3fn", "", "F8_E4M3"),
        Other(1, "float8_e5m2", "", "F8_E5M2"),
        Other(1, "float8_e4m3fnuz", "", "F8_E4M3FNUZ"),
        Other(1, "float8_e5m2fnuz", "", "F8_E5M2FNUZ"),
        Other(1, "float8_e8m0fnu", "", "F8_E8M0"),
        Other(1, "float4_e2m1fn_x2", "", "F4") with { Bits = 4 },
        Other(1, "float6_e2m3fn", "", "F6_E2M3") with { Bits = 6 },
        Other(1, "float6_e3m2fn", "", "F6_E3M2") with { Bits = 6 },
        Other(4, "complex32", "", null),
        Other(1, "quint8", "QUInt8Storage", null),
        Other(1, "qint8", "QInt8Storage", null),
        Other(4, "qint32", "QInt32Storage", null),
        Other(1, "quint4x2", "QUInt4x2Storage", null),
        Other(1, "quint2x4", "QUInt2x4Storage", null),
    ];

    private static readonly FrozenDictionary<ScalarType, ElementType> ByDType = All.ToFrozenDictionary(type => type.DType);
    private static readonly FrozenDictionary<string, ElementType> ByTorchName = All.Concat(Unread).ToFrozenDictionary(type => type.TorchName);
    private static readonly FrozenDictionary<string, ElementType> ByStorage = All.Concat(Unread).Where(type => type.Storage.Length > 0).ToFrozenDictionary(type => type.Storage);
    private static readonly FrozenDictionary<string, ElementType> BySafetensors =
        All.Concat(Unread).Where(type => type.Safetensors is not null).ToFrozenDictionary(type => type.Safetensors!);

    /// <summary>What an untyped storage counts in.</summary>
    public static ElementType Byte { get; } = ByDType[ScalarType.Byte];

    /// <summary>Whether libtorch has the type here. <see cref="DType"/> says nothing where it has not.</summary>
    public bool IsRead { get; private init; } = true;

    /// <summary>The bits that an element takes in safetensors, where some are packed.</summary>
    public int Bits { get; private init; } = 8 * Size;

    /// <summary>Whether the elements are complex numbers: two of half the size.</summary>
    public bool IsComplex => DType is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    public static ElementType Of(ScalarType dtype) =>
        ByDType.GetValueOrDefault(dtype)
        ?? throw new ArgumentException($"Tensors of {dtype} cannot be kept in weight files.", nameof(dtype));

    public static ElementType? TryOf(ScalarType dtype) => ByDType.GetValueOrDefault(dtype);

    public static ElementType? OfTorchName(string name) => ByTorchName.GetValueOrDefault(name);

    public static ElementType? OfStorage(string name) => ByStorage.GetValueOrDefault(name);

    public static ElementType? OfSafetensors(string name) => BySafetensors.GetValueOrDefault(name);

    private static ElementType Other(int size, string torchName, string storage, string? safetensors) =>
        new(ScalarType.Byte, size, torchName, storage, safetensors) { IsRead = false };
}
