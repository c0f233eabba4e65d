using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Luma.Zoo.Files;
using Microsoft.Win32.SafeHandles;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Bytes that can be read at any place: an open file, an array, or a tensor's memory. Safe to read from several threads.</summary>
internal abstract class ByteSource(string name, long length) : IDisposable
{
    private const int HashedBytes = 1 << 18;

    /// <summary>The file, or a name for the bytes.</summary>
    public string Name { get; } = name;

    /// <summary>How many bytes there are.</summary>
    public long Length { get; } = length;

    /// <summary>Opens a file. What is read afterwards comes from the file that was opened, wherever its path leads by then.</summary>
    /// <param name="path">The file.</param>
    /// <param name="map">Whether it may be mapped.</param>
    /// <exception cref="WeightFileException">It is not there, is no regular file, or cannot be opened.</exception>
    public static ByteSource Open(string path, bool map)
    {
        try
        {
            // Windows maps an open file by its path, which must go on leading to it.
            var file = RegularFile.Open(path, map ? FileShare.Read : RegularFile.Everything, FileOptions.RandomAccess);
            try
            {
                return new OpenFile(path, file, RandomAccess.GetLength(file));
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new WeightFileException(path, FileTrouble.WhileReading(error, path), null, error);
        }
    }

    /// <summary>Takes an array as it is.</summary>
    public static ByteSource Of(ReadOnlyMemory<byte> bytes, string name) => new ManagedMemory(bytes, name);

    /// <summary>Takes the memory of a tensor on the CPU: <paramref name="length"/> bytes from its first element on.</summary>
    public static ByteSource Of(Tensor tensor, long length, string name) => new TensorMemory(tensor, length, name);

    /// <summary>Takes a tensor on the CPU that a module may take over: its memory is nobody else's.</summary>
    public static ByteSource Block(Tensor tensor, long length, string name) => new TensorMemory(tensor, length, name) { MayBeTaken = true };

    /// <summary>A part of these bytes, which stay this source's: it must stay open.</summary>
    public ByteSource Part(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return offset == 0 && length == Length ? this : new PartOf(this, offset, length);
    }

    /// <summary>Holds bytes in place until the result is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The source is closed.</exception>
    /// <exception cref="WeightFileException">The file cannot be read.</exception>
    public PinnedBytes Pin(long offset, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - offset);
        return new PinnedBytes(Hold(offset, count), count);
    }

    /// <summary>Copies bytes out.</summary>
    /// <exception cref="ObjectDisposedException">The source is closed.</exception>
    /// <exception cref="WeightFileException">The file cannot be read.</exception>
    public virtual unsafe void Read(long offset, long count, byte* destination)
    {
        using var bytes = Pin(offset, count);
        Buffer.MemoryCopy(bytes.Start, destination, count, count);
    }

    /// <summary>
    /// All whole elements of a type that there are, as a tensor on a mapping of the file: nothing is read before it is used, and what
    /// is written to the tensor does not go into the file. Or the tensor itself whose memory this is, where it may be taken over. Null
    /// where the bytes are somebody else's.
    /// </summary>
    /// <returns>The tensor, which stays this source's.</returns>
    /// <exception cref="WeightFileException">The file is no longer what was opened.</exception>
    public virtual Tensor? MapElements(ElementType type) => null;

    /// <summary>Whether the bytes are in memory, so that reading them cannot fail.</summary>
    public virtual bool IsInMemory => true;

    /// <summary>Makes sure that nobody has written to the file since it was opened, as far as its size and time tell.</summary>
    /// <exception cref="WeightFileException">Somebody has.</exception>
    public virtual void EnsureUnchanged()
    {
    }

    /// <summary>The SHA-256 of the bytes in hexadecimal digits.</summary>
    /// <exception cref="WeightFileException">The file cannot be read.</exception>
    public unsafe string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[HashedBytes];
        fixed (byte* start = piece)
        {
            for (var offset = 0L; offset < Length; offset += piece.Length)
            {
                var count = (int)Math.Min(piece.Length, Length - offset);
                Read(offset, count, start);
                hash.AppendData(piece, 0, count);
            }
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>
    /// Which memory or file the bytes are in, and where: bytes of equal owners and places are the same. Places are those within the
    /// source, but for tensors, whose memory stays where it is: several may lie in one.
    /// </summary>
    public virtual (object? Owner, long Start) Place => (this, 0);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    protected abstract MemoryHandle Hold(long offset, long count);

    private sealed class OpenFile(string path, SafeFileHandle file, long length) : ByteSource(path, length)
    {
        private readonly DateTime written = File.GetLastWriteTimeUtc(file);
        private readonly Dictionary<ScalarType, Tensor> elements = [];

        public override bool IsInMemory => false;

        public override unsafe void Read(long offset, long count, byte* destination)
        {
            while (count > 0)
            {
                var read = ReadSome(new Span<byte>(destination, (int)Math.Min(count, 1 << 30)), offset);
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
                    EnsureUnchanged();
                    // A mapping of libtorch's own: it lives as long as a tensor on it. Unix opens the very file that is open here; on
                    // Windows nobody can have put another in its place, since it is open.
                    var descriptor = file.DangerousGetHandle();
                    var opened = OperatingSystem.IsLinux() ? $"/proc/self/fd/{descriptor}" : OperatingSystem.IsMacOS() ? $"/dev/fd/{descriptor}" : Name;
                    try
                    {
                        mapped = from_file(opened, shared: false, Length / type.Size, type.DType).DetachFromDisposeScope();
                    }
                    catch (ExternalException error)
                    {
                        throw new WeightFileException(Name, "the file cannot be mapped", null, error);
                    }
                    elements.Add(type.DType, mapped);
                }
                return mapped;
            }
        }

        public override void EnsureUnchanged()
        {
            if (RandomAccess.GetLength(file) != Length || File.GetLastWriteTimeUtc(file) != written)
                throw new WeightFileException(Name, "the file was changed while it was read");
        }

        public override void Dispose()
        {
            lock (elements)
            {
                foreach (var mapped in elements.Values) mapped.Dispose();
                elements.Clear();
            }
            file.Dispose();
            base.Dispose();
        }

        protected override unsafe MemoryHandle Hold(long offset, long count)
        {
            var block = new NativeBlock(count);
            try
            {
                Read(offset, count, block.Start);
                return block.Pin(0);
            }
            catch
            {
                block.Unpin();
                throw;
            }
        }

        private int ReadSome(Span<byte> destination, long offset)
        {
            try
            {
                return RandomAccess.Read(file, destination, offset);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new WeightFileException(Name, FileTrouble.WhileReading(error), $"byte {offset}", error);
            }
        }
    }

    // Memory of the system's, which goes when it is let go.
    private sealed unsafe class NativeBlock(long length) : IPinnable
    {
        public byte* Start { get; private set; } = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)Math.Max(length, 1));

        public MemoryHandle Pin(int elementIndex) => new(Start + elementIndex, pinnable: this);

        public void Unpin()
        {
            System.Runtime.InteropServices.NativeMemory.Free(Start);
            Start = null;
        }
    }

    private sealed class PartOf(ByteSource whole, long start, long length) : ByteSource(whole.Name, length)
    {
        public override bool IsInMemory => whole.IsInMemory;

        public override (object? Owner, long Start) Place => whole.Place is var (owner, place) ? (owner, place + start) : default;

        public override unsafe void Read(long offset, long count, byte* destination)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - offset);
            whole.Read(start + offset, count, destination);
        }

        public override void EnsureUnchanged() => whole.EnsureUnchanged();

        protected override MemoryHandle Hold(long offset, long count) => whole.Hold(start + offset, count);
    }

    private sealed class ManagedMemory(ReadOnlyMemory<byte> bytes, string name) : ByteSource(name, bytes.Length)
    {
        protected override MemoryHandle Hold(long offset, long count) => bytes.Slice((int)offset, (int)count).Pin();
    }

    private sealed class TensorMemory(Tensor tensor, long length, string name) : ByteSource(name, length)
    {
        public override unsafe (object? Owner, long Start) Place => (null, (long)TensorBytes.Address(tensor));

        /// <summary>Whether the memory is nobody else's.</summary>
        public bool MayBeTaken { get; init; }

        public override Tensor? MapElements(ElementType type) => MayBeTaken && tensor.dtype == type.DType ? tensor : null;

        protected override unsafe MemoryHandle Hold(long offset, long count)
        {
            ObjectDisposedException.ThrowIf(tensor.IsInvalid, this);
            // Another name for the memory, which keeps it where the tensor is disposed of in the meantime.
            var alias = tensor.detach().DetachFromDisposeScope();
            return new(TensorBytes.Address(alias) + offset, pinnable: new Alias(alias));
        }

        private sealed class Alias(Tensor tensor) : IPinnable
        {
            public unsafe MemoryHandle Pin(int elementIndex) => new(TensorBytes.Address(tensor) + elementIndex, pinnable: this);

            public void Unpin() => tensor.Dispose();
        }
    }
}

/// <summary>Bytes that stay where they are until this is disposed of.</summary>
internal readonly unsafe ref struct PinnedBytes(MemoryHandle handle, long length)
{
    /// <summary>Where they begin.</summary>
    public byte* Start { get; } = (byte*)handle.Pointer;

    /// <summary>The bytes; of more than two gigabytes the first two.</summary>
    public ReadOnlySpan<byte> Span => new(Start, (int)Math.Min(length, int.MaxValue));

    /// <summary>Lets them go.</summary>
    public void Dispose() => handle.Dispose();
}
