namespace Luma.Zoo.Weights.Formats;

/// <summary>A tensor in a storage: type, offset, shape and strides, all of them checked against the storage's size.</summary>
internal sealed class TensorView
{
    private const int MaxRank = 64;

    // A view may repeat elements (a stride of 0). No honest file makes much out of little.
    private const long MaxRepeatedBytes = 64L << 20;
    private const int MaxRepetition = 16;

    private readonly long offset;
    private readonly long[] strides;
    private readonly Walk walk;

    /// <summary>Makes a view.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="offset">The place of the first element, in elements.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="strides">The steps from one index to the next, in elements.</param>
    /// <exception cref="MalformedDataException">The view is impossible or leaves the storage.</exception>
    public TensorView(Storage storage, ElementType type, long offset, long[] shape, long[] strides)
    {
        if (shape.Length > MaxRank) throw new MalformedDataException($"a tensor of {shape.Length} dimensions: at most {MaxRank} are read");
        if (shape.Length != strides.Length)
            throw new MalformedDataException($"a tensor of {shape.Length} dimensions with {strides.Length} strides");
        if (offset < 0 || shape.Any(size => size < 0) || strides.Any(stride => stride < 0))
            throw new MalformedDataException($"a tensor with a negative offset, size or stride: {Describe(offset, shape, strides)}");

        (Storage, Type, Shape, this.offset) = (storage, type, shape, offset);
        this.strides = [.. strides.Zip(shape, (stride, size) => size > 1 ? stride : 1)];
        try
        {
            checked
            {
                // libtorch multiplies what is not zero, even when there is nothing in the tensor.
                var product = shape.Aggregate((long)type.Size, (bytes, size) => bytes * Math.Max(size, 1));
                Count = shape.Contains(0) ? 0 : product / type.Size;
                var steps = this.strides.Zip(shape, (stride, size) => stride * (size - 1));
                Reach = Count == 0 ? 0 : steps.Aggregate(1L, (sum, step) => sum + step);
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

        if (ByteCount > Math.Max(MaxRepeatedBytes, MaxRepetition * storage.Source.Length))
            throw new MalformedDataException(
                $"a tensor of {ByteCount} bytes in a file of {storage.Source.Length}: {Describe(offset, shape, strides)}");
        walk = new Walk(shape, this.strides);
    }

    public Storage Storage { get; }

    public ElementType Type { get; }

    public long[] Shape { get; }

    public IReadOnlyList<long> Strides => strides;

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>The bytes of the elements, without the gaps of the storage.</summary>
    public long ByteCount => Count * Type.Size;

    /// <summary>How many elements of the storage lie between the first and the last one, both included.</summary>
    public long Reach { get; }

    /// <summary>Whether the elements lie one after the other in the order of their indices.</summary>
    public bool IsContiguous => walk.IsOneRun;

    /// <summary>The same elements in the same order under another shape of as many; null where they do not lie one after the other.</summary>
    /// <param name="shape">The shape.</param>
    public TensorView? Reshape(long[] shape)
    {
        if (!IsContiguous) return null;
        var steps = new long[shape.Length];
        var step = 1L;
        for (var axis = shape.Length - 1; axis >= 0; step *= shape[axis], axis--) steps[axis] = step;
        return new TensorView(Storage, Type, offset, shape, steps);
    }

    /// <summary>Where in the source the first element is.</summary>
    /// <exception cref="WeightFileException">The file contradicts itself.</exception>
    public long Locate() => Storage.Locate() + (offset * Type.Size);

    /// <summary>Copies elements, in the order of their indices and in this machine's byte order.</summary>
    /// <param name="first">The first element to copy.</param>
    /// <param name="count">How many to copy.</param>
    /// <param name="destination">Where to.</param>
    public unsafe void CopyTo(long first, long count, byte* destination)
    {
        if (count == 0) return;
        if (IsContiguous)
        {
            Storage.Source.Read(Locate() + (first * Type.Size), count * Type.Size, destination);
        }
        else
        {
            using var bytes = Storage.Source.Pin(Locate(), Reach * Type.Size);
            walk.Copy(bytes.Start, Type.Size, first, count, destination);
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
    /// The elements where they are, in a mapping of their file; null where they must be copied: out of order, not at a multiple of
    /// their size, or in no file.
    /// </summary>
    /// <returns>The tensor, which is the caller's.</returns>
    public Tensor? Map()
    {
        if (!IsContiguous || Count == 0 || (Storage.IsBigEndian && Type.Size > 1)) return null;

        var (index, rest) = Math.DivRem(Locate(), Type.Size);
        return rest == 0 ? Storage.Source.MapElements(Type)?.as_strided(Shape, strides, index) : null;
    }

    private static string Describe(long offset, long[] shape, long[] strides) =>
        $"shape ({string.Join(", ", shape)}), strides ({string.Join(", ", strides)}), offset {offset}";
}
