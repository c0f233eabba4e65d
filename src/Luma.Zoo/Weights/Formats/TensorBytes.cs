using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Luma.Zoo.Weights.Formats;

/// <summary>The memory of libtorch's tensors.</summary>
internal static class TensorBytes
{
    /// <summary>
    /// The address of the first element of a tensor on the CPU; null where there are none. It is libtorch's memory, which no garbage
    /// collector moves: the address is good as long as the tensor is alive.
    /// </summary>
    public static unsafe byte* Address(Tensor tensor)
    {
        if (tensor.NumberOfElements == 0) return null;
        using var scope = NewDisposeScope();
        // TorchSharp shows the bytes of contiguous tensors below two gigabytes only: one element is such a tensor.
        return (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.detach().as_strided([1], [1], tensor.storage_offset()).bytes));
    }
}
