using System.Buffers;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Export.Onnx;

/// <summary>The bytes of a contiguous tensor on the CPU, where they lie. The tensor must live as long.</summary>
internal sealed unsafe class TensorMemory(Tensor tensor) : MemoryManager<byte>
{
    private readonly byte* start = TensorBytes.Address(tensor);
    private readonly int length = checked((int)(tensor.NumberOfElements * tensor.ElementSize));

    public override Span<byte> GetSpan() => new(start, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
