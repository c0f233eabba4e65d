using Luma.Neural.Native;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Weights;

/// <summary>A tensor of a <see cref="StateDict"/>: what it is, without its values, which are read when they are asked for.</summary>
public sealed class TensorEntry
{
    internal TensorEntry(string name, TensorView view) => (Name, View) = (name, view);

    /// <summary>The name, such as <c>features.0.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The type of the elements.</summary>
    public ScalarType DType => View.Type.DType;

    /// <summary>The shape; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => View.Shape;

    /// <summary>The number of elements.</summary>
    public long Count => View.Count;

    /// <summary>The size of the elements in bytes.</summary>
    public long ByteCount => View.ByteCount;

    internal TensorView View { get; }

    /// <summary>Reads the values into a new tensor on the CPU. It has the strides that it was saved with.</summary>
    /// <returns>The tensor, which is the caller's.</returns>
    /// <exception cref="WeightFileException">The file contradicts itself.</exception>
    /// <exception cref="ObjectDisposedException">The state dict is closed.</exception>
    public unsafe Tensor ToTensor()
    {
        NativeLibraries.EnsureLoaded();
        if (View.IsContiguous)
        {
            var tensor = empty(View.Shape, DType);
            if (Count > 0) View.CopyTo(0, Count, TensorBytes.Address(tensor));
            return tensor;
        }

        // What lies between the elements comes along: less than the file, where the elements written out might be more.
        using var reach = empty([View.Reach], DType);
        View.CopyReachTo(TensorBytes.Address(reach));
        return reach.as_strided(View.Shape, View.Strides);
    }

    /// <summary>The name, type and shape: <c>fc.weight: Float32 (10, 84)</c>.</summary>
    public override string ToString() => $"{Name}: {DType} ({string.Join(", ", View.Shape)})";
}
