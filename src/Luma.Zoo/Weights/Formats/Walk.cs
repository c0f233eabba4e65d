namespace Luma.Zoo.Weights.Formats;

/// <summary>The way through a strided tensor in the order of its indices, in runs as long as the strides allow.</summary>
internal sealed class Walk
{
    // From the outermost to the innermost; axes that continue each other are one.
    private readonly List<(long Size, long Stride)> axes = [];

    public Walk(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        for (var axis = 0; axis < shape.Length; axis++)
        {
            if (shape[axis] == 1) continue;
            if (axes.Count > 0 && axes[^1].Stride == strides[axis] * shape[axis])
                axes[^1] = (axes[^1].Size * shape[axis], strides[axis]);
            else
                axes.Add((shape[axis], strides[axis]));
        }
        if (axes.Count == 0) axes.Add((1, 1));
    }

    /// <summary>Copies elements out.</summary>
    /// <param name="source">The tensor's first element.</param>
    /// <param name="size">The bytes of an element.</param>
    /// <param name="first">The first element to copy.</param>
    /// <param name="count">How many to copy.</param>
    /// <param name="destination">Where to.</param>
    public unsafe void Copy(byte* source, int size, long first, long count, byte* destination)
    {
        var (run, step) = axes[^1];
        while (count > 0)
        {
            var within = first % run;
            var length = Math.Min(count, run - within);
            var start = source + ((RunStart(first / run) + (within * step)) * size);
            CopyRun(start, step, size, length, destination);

            first += length;
            count -= length;
            destination += length * size;
        }
    }

    private long RunStart(long index)
    {
        var start = 0L;
        for (var axis = axes.Count - 2; axis >= 0; axis--)
        {
            (index, var within) = Math.DivRem(index, axes[axis].Size);
            start += within * axes[axis].Stride;
        }
        return start;
    }

    private static unsafe void CopyRun(byte* source, long step, int size, long length, byte* destination)
    {
        if (step == 1)
        {
            Buffer.MemoryCopy(source, destination, length * size, length * size);
            return;
        }

        switch (size)
        {
            case 1: Gather<byte>(source, step, length, destination); break;
            case 2: Gather<ushort>(source, step, length, destination); break;
            case 4: Gather<uint>(source, step, length, destination); break;
            case 8: Gather<ulong>(source, step, length, destination); break;
            default: Gather<UInt128>(source, step, length, destination); break;
        }
    }

    private static unsafe void Gather<T>(byte* source, long step, long length, byte* destination) where T : unmanaged
    {
        for (var i = 0L; i < length; i++) ((T*)destination)[i] = ((T*)source)[i * step];
    }
}
