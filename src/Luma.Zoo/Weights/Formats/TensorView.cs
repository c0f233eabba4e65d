namespace Luma.Zoo.Weights.Formats;

/// <summary>A tensor in a storage: type, offset, shape and strides, all of them checked against the storage's size.</summary>
internal sealed class TensorView
{
    private const int MaxRank = 64;

    private readonly long offset;

    // Null where the elements lie one after the other: most do, and there are many.
    private readonly long[]? strides;

    /// <summary>Makes a view.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="offset">The place of the first element, in elements.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="strides">The steps from one index to the next, in elements; null where the elements lie one after the other.</param>
    /// <exception cref="MalformedDataException">The view is impossible or leaves the storage.</exception>
    public TensorView(Storage storage, ElementType type, long offset, long[] shape, long[]? strides = null)
    {
        if (shape.Length > MaxRank) throw new MalformedDataException($"a tensor of {shape.Length} dimensions: at most {MaxRank} are read");
        if (strides is not null && shape.Length != strides.Length)
            throw new MalformedDataException($"a tensor of {shape.Length} dimensions with {strides.Length} strides");
        if (offset < 0 || Array.Exists(shape, size => size < 0) || (strides is not null && Array.Exists(strides, stride => stride < 0)))
            throw new MalformedDataException($"a tensor with a negative offset, size or stride: {Describe(offset, shape, strides)}");

        (Storage, Type, Shape, this.offset) = (storage, type, shape, offset);
        try
        {
            checked
            {
                // libtorch multiplies what is not zero, even when there is nothing in the tensor.
                var product = (long)type.Size;
                foreach (var size in shape) product *= Math.Max(size, 1);
                Count = Array.IndexOf(shape, 0L) >= 0 ? 0 : product / type.Size;
                this.strides = strides is null || Count == 0 || IsOneRun(shape, strides) ? null : strides;
                Reach = this.strides is null ? Count : 1;
                for (var axis = 0; this.strides is not null && axis < shape.Length; axis++)
                    Reach += shape[axis] == 1 ? 0 : strides![axis] * (shape[axis] - 1);
                if (Count > 0 && (offset + Reach) * type.Size > storage.Length)
                    throw new MalformedDataException(
                        $"a tensor that ends beyond its storage of {storage.Length} bytes: "
                        + $"{Describe(offset, shape, strides)} of {type.TorchName}");
            }
        }
        catch (OverflowException)
        {
            throw new MalformedDataException($"a tensor too large to exist: {Describe(offset, shape, strides)}");
        }
    }

    public Storage Storage { get; }

    public ElementType Type { get; }

    public long[] Shape { get; }

    /// <summary>The steps from one index to the next: the source's, and PyTorch's own where the elements lie one after the other.</summary>
    public long[] Strides => strides ?? ContiguousStrides(Shape);

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>The bytes of the elements, without the gaps of the storage.</summary>
    public long ByteCount => Count * Type.Size;

    /// <summary>How many elements of the storage lie between the first and the last one, both included.</summary>
    public long Reach { get; }

    /// <summary>
    /// Whether the elements lie one after the other in the order of their indices. The stride of an axis of size 1, along which nobody
    /// steps, decides nothing.
    /// </summary>
    public bool IsContiguous => strides is null;

    /// <summary>The same elements in the same order under another shape of as many; null where they do not lie one after the other.</summary>
    /// <param name="shape">The shape.</param>
    public TensorView? Reshape(long[] shape) => IsContiguous ? new TensorView(Storage, Type, offset, shape) : null;

    /// <summary>The same view of another storage with the same bytes.</summary>
    /// <param name="storage">The storage.</param>
    public TensorView On(Storage storage) => new(storage, Type, offset, Shape, strides);

    /// <summary>Where in the source the first element is.</summary>
    /// <exception cref="WeightFileException">The file contradicts itself.</exception>
    public long Locate() => Storage.Locate() + (offset * Type.Size);

    /// <summary>Whether both views show the same elements of the same storage.</summary>
    /// <param name="other">The other view.</param>
    public bool IsSameAs(TensorView other) =>
        ReferenceEquals(Storage, other.Storage) && offset == other.offset && Type == other.Type && Shape.AsSpan().SequenceEqual(other.Shape)
        && Strides.AsSpan().SequenceEqual(other.Strides);

    /// <summary>Copies elements, in the order of their indices and in this machine's byte order.</summary>
    /// <param name="first">The first element to copy.</param>
    /// <param name="count">How many to copy.</param>
    /// <param name="destination">Where to.</param>
    public unsafe void CopyTo(long first, long count, byte* destination)
    {
        if (count == 0) return;
        if (strides is null)
        {
            Storage.Source.Read(Locate() + (first * Type.Size), count * Type.Size, destination);
        }
        else
        {
            using var bytes = Storage.Source.Pin(Locate(), Reach * Type.Size);
            new Walk(Shape, strides).Copy(bytes.Start, Type.Size, first, count, destination);
        }
        if (Storage.IsBigEndian) ByteOrder.Reverse(destination, count, Type);
    }

    /// <summary>Copies what lies between the first element and the last as it lies there, in this machine's byte order.</summary>
    /// <param name="destination">Where to: room for <see cref="Reach"/> elements.</param>
    public unsafe void CopyReachTo(byte* destination)
    {
        Storage.Source.Read(Locate(), Reach * Type.Size, destination);
        if (Storage.IsBigEndian) ByteOrder.Reverse(destination, Reach, Type);
    }

    /// <summary>
    /// The elements where they are, in a mapping of their file or in memory that is theirs alone; null where they must be copied: out of
    /// order, not at a multiple of their size, or in memory of somebody else's.
    /// </summary>
    /// <returns>The tensor, which is the caller's.</returns>
    public Tensor? Map()
    {
        if (!IsContiguous || Count == 0 || (Storage.IsBigEndian && Type.Size > 1)) return null;

        var (index, rest) = Math.DivRem(Locate(), Type.Size);
        return rest == 0 ? Storage.Source.MapElements(Type)?.as_strided(Shape, Strides, index) : null;
    }

    private static bool IsOneRun(long[] shape, long[] strides)
    {
        var step = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            if (shape[axis] == 1) continue;
            if (strides[axis] != step) return false;
            step *= shape[axis];
        }
        return true;
    }

    private static long[] ContiguousStrides(long[] shape)
    {
        var strides = new long[shape.Length];
        var step = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = step;
            step *= Math.Max(shape[axis], 1);
        }
        return strides;
    }

    private static string Describe(long offset, long[] shape, long[]? strides) =>
        $"shape ({string.Join(", ", shape)}){(strides is null ? "" : $", strides ({string.Join(", ", strides)})")}, offset {offset}";
}
