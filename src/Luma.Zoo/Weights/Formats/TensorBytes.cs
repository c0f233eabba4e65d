namespace Luma.Zoo.Weights.Formats;

/// <summary>The memory of libtorch's tensors.</summary>
internal static class TensorBytes
{
    /// <summary>The address of the first element of a tensor on the CPU; null where there are none.</summary>
    public static unsafe byte* Address(Tensor tensor)
    {
        if (tensor.NumberOfElements == 0) return null;
        using var scope = NewDisposeScope();
        // TorchSharp shows the bytes of contiguous tensors below two gigabytes only: one element is such a tensor.
        fixed (byte* start = tensor.detach().as_strided([1], [1], tensor.storage_offset()).bytes) return start;
    }
}
