using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>A tensor as it can be compared: to the bit, whatever its strides.</summary>
public sealed record TensorContent(string Name, string DType, string Shape, string Bytes)
{
    private static readonly Dictionary<ScalarType, string> TorchNames = new()
    {
        [ScalarType.Byte] = "uint8",
        [ScalarType.ComplexFloat32] = "complex64",
        [ScalarType.ComplexFloat64] = "complex128",
    };

    public static TensorContent Of(TensorEntry entry)
    {
        using var tensor = entry.ToTensor();
        Assert.Equal(entry.Shape, tensor.shape);
        Assert.Equal(entry.DType, tensor.dtype);
        return Of(entry.Name, tensor);
    }

    public static TensorContent Of(string name, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return new TensorContent(
            name, TorchNames.GetValueOrDefault(tensor.dtype, tensor.dtype.ToString().ToLowerInvariant()), string.Join(", ", tensor.shape),
            Convert.ToHexStringLower(tensor.detach().contiguous().bytes));
    }

    public static List<TensorContent> All(StateDict weights) => [.. weights.Entries.Select(Of)];
}
