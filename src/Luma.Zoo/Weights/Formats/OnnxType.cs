namespace Luma.Zoo.Weights.Formats;

/// <summary>The types of ONNX's tensors, by the numbers of <c>TensorProto.DataType</c>.</summary>
internal static class OnnxType
{
    private static readonly string[] Names =
    [
        "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32", "uint64",
        "complex64", "complex128", "bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "uint4", "int4", "float4_e2m1",
    ];

    /// <summary>The type of a number; null where there is none of that number, or none that weights are of.</summary>
    public static ElementType? Of(long number) => number > 0 && number < Names.Length ? ElementType.OfTorchName(Names[number]) : null;

    /// <summary>What a type is called in messages.</summary>
    public static string NameOf(long number) => number >= 0 && number < Names.Length ? $"'{Names[number]}'" : $"of the number {number}";
}
