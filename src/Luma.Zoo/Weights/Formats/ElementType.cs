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
        new(ScalarType.ComplexFloat32, 8, "complex64", "ComplexFloatStorage", null),
        new(ScalarType.ComplexFloat64, 16, "complex128", "ComplexDoubleStorage", null),
    ];

    private static readonly FrozenDictionary<ScalarType, ElementType> ByDType = All.ToFrozenDictionary(type => type.DType);
    private static readonly FrozenDictionary<string, ElementType> ByTorchName = All.ToFrozenDictionary(type => type.TorchName);
    private static readonly FrozenDictionary<string, ElementType> ByStorage = All.ToFrozenDictionary(type => type.Storage);
    private static readonly FrozenDictionary<string, ElementType> BySafetensors =
        All.Where(type => type.Safetensors is not null).ToFrozenDictionary(type => type.Safetensors!);

    /// <summary>What an untyped storage counts in.</summary>
    public static ElementType Byte { get; } = ByDType[ScalarType.Byte];

    /// <summary>Whether the elements are complex numbers: two of half the size.</summary>
    public bool IsComplex => DType is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    public static ElementType Of(ScalarType dtype) =>
        ByDType.GetValueOrDefault(dtype)
        ?? throw new ArgumentException($"Tensors of {dtype} cannot be kept in weight files.", nameof(dtype));

    public static ElementType? OfTorchName(string name) => ByTorchName.GetValueOrDefault(name);

    public static ElementType? OfStorage(string name) => ByStorage.GetValueOrDefault(name);

    public static ElementType? OfSafetensors(string name) => BySafetensors.GetValueOrDefault(name);
}
