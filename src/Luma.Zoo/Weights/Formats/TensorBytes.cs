using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Luma.Neural.Native;

namespace Luma.Zoo.Weights.Formats;

/// <summary>The memory of libtorch's tensors.</summary>
internal static partial class TensorBytes
{
    // Linux's advice for memory that is used as a whole, from its mman.h, and what it gives in one go then.
    private const int HugePages = 14, HugePageBytes = 2 << 20;

    /// <summary>
    /// A new tensor on the CPU that is about to be filled as a whole. Large ones get large pages where the system has them: that is
    /// twice as fast as page by page.
    /// </summary>
    /// <param name="count">The number of elements.</param>
    /// <param name="type">Their type.</param>
    public static unsafe Tensor Allocate(long count, ElementType type)
    {
        NativeLibraries.EnsureLoaded();
        var tensor = empty([count], type.DType).DetachFromDisposeScope();
        if (!OperatingSystem.IsLinux() || count * type.Size < 2 * HugePageBytes) return tensor;

        var first = ((nint)Address(tensor) + HugePageBytes - 1) / HugePageBytes * HugePageBytes;
        var length = (((nint)Address(tensor) + (nint)(count * type.Size)) / HugePageBytes * HugePageBytes) - first;
        try
        {
            // Advice that is not taken does no harm.
            _ = Advise(first, length, HugePages);
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library.
        }
        return tensor;
    }

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

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);
}
