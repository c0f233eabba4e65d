using System.Buffers;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Bytes at an address: a mapped file, an array, or a tensor's memory. Safe to read from several threads.</summary>
internal abstract class ByteSource(string name, long length) : IDisposable
{
    /// <summary>The file, or a name for the bytes.</summary>
    public string Name { get; } = name;

    /// <summary>How many bytes there are.</summary>
    public long Length { get; } = length;

    /// <summary>Maps a file.</summary>
    public static ByteSource Map(string path)
    {
        var file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            var length = RandomAccess.GetLength(file);
            if (length > 0) return new MappedFile(path, file, length);

            // Nothing cannot be mapped.
            file.Dispose();
            return new ManagedMemory(default, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Takes an array as it is.</summary>
    public static ByteSource Of(ReadOnlyMemory<byte> bytes, string name) => new ManagedMemory(bytes, name);

    /// <summary>Takes the memory of a tensor on the CPU: <paramref name="length"/> bytes from its first element on.</summary>
    public static ByteSource Of(Tensor tensor, long length, string name) => new TensorMemory(tensor, length, name);

    /// <summary>Holds bytes in place until the result is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The source is closed.</exception>
    public PinnedBytes Pin(long offset, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - offset);
        return new PinnedBytes(Pin(), offset, count);
    }

    /// <summary>Copies bytes out.</summary>
    /// <exception cref="ObjectDisposedException">The source is closed.</exception>
    public virtual unsafe void Read(long offset, long count, byte* destination)
    {
        using var bytes = Pin(offset, count);
        Buffer.MemoryCopy(bytes.Start, destination, count, count);
    }

    /// <summary>
    /// All whole elements of a type that there are, as a tensor on a mapping of the file: nothing is read before it is used, and what
    /// is written to the tensor does not go into the file. Null where the bytes are those of no file.
    /// </summary>
    /// <returns>The tensor, which stays this source's.</returns>
    public virtual Tensor? MapElements(ElementType type) => null;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    protected abstract MemoryHandle Pin();

    private sealed class MappedFile : ByteSource, IPinnable
    {
        // From here on the system copies: it is no slower, the mapping does not come into memory beside the copy, and a file that
        // was shortened is an error instead of a fault.
        private const long LargeRead = 64 << 10;

        private readonly SafeFileHandle file;
        private readonly MemoryMappedFile map;
        private readonly MemoryMappedViewAccessor view;
        private readonly Dictionary<ScalarType, Tensor> elements = [];

        public MappedFile(string path, SafeFileHandle file, long length) : base(path, length)
        {
            this.file = file;
            map = MemoryMappedFile.CreateFromFile(
                file, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        }

        public override unsafe void Read(long offset, long count, byte* destination)
        {
            if (count < LargeRead)
            {
                base.Read(offset, count, destination);
                return;
            }

            while (count > 0)
            {
                var read = RandomAccess.Read(file, new Span<byte>(destination, (int)Math.Min(count, 1 << 30)), offset);
                if (read == 0) throw new WeightFileException(Name, "the file was shortened while it was read", $"byte {offset}");
                offset += read;
                count -= read;
                destination += read;
            }
        }

        public override Tensor MapElements(ElementType type)
        {
            lock (elements)
            {
                if (!elements.TryGetValue(type.DType, out var mapped))
                {
                    // A mapping of libtorch's own: it lives as long as a tensor on it.
                    mapped = from_file(Name, shared: false, Length / type.Size, type.DType).DetachFromDisposeScope();
                    elements.Add(type.DType, mapped);
                }
                return mapped;
            }
        }

        public override void Dispose()
        {
            foreach (var mapped in elements.Values) mapped.Dispose();
            file.Dispose();
            view.Dispose();
            map.Dispose();
            base.Dispose();
        }

        public void Unpin() => view.SafeMemoryMappedViewHandle.ReleasePointer();

        unsafe MemoryHandle IPinnable.Pin(int elementIndex)
        {
            // The handle counts its users: a file that is closed during a read stays mapped until the read is over.
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            return new MemoryHandle(start + view.PointerOffset + elementIndex, pinnable: this);
        }

        protected override MemoryHandle Pin() => ((IPinnable)this).Pin(0);
    }

    private sealed class ManagedMemory(ReadOnlyMemory<byte> bytes, string name) : ByteSource(name, bytes.Length)
    {
        protected override MemoryHandle Pin() => bytes.Pin();
    }

    private sealed class TensorMemory(Tensor tensor, long length, string name) : ByteSource(name, length), IPinnable
    {
        public void Unpin() => GC.KeepAlive(tensor);

        unsafe MemoryHandle IPinnable.Pin(int elementIndex) => new(TensorBytes.Address(tensor) + elementIndex, pinnable: this);

        protected override MemoryHandle Pin() => ((IPinnable)this).Pin(0);
    }
}

/// <summary>Bytes that stay where they are until this is disposed of.</summary>
internal readonly unsafe ref struct PinnedBytes(MemoryHandle handle, long offset, long length)
{
    /// <summary>Where they begin.</summary>
    public byte* Start { get; } = (byte*)handle.Pointer + offset;

    /// <summary>The bytes; of more than two gigabytes the first two.</summary>
    public ReadOnlySpan<byte> Span => new(Start, (int)Math.Min(length, int.MaxValue));

    /// <summary>Lets them go.</summary>
    public void Dispose() => handle.Dispose();
}
