namespace Luma.Zoo.Weights.Formats;

/// <summary>A stretch of a source that holds the elements of one or more tensors.</summary>
/// <param name="source">Where the bytes are.</param>
/// <param name="length">How many bytes there are.</param>
internal abstract class Storage(ByteSource source, long length)
{
    /// <summary>Where the bytes are.</summary>
    public ByteSource Source { get; } = source;

    /// <summary>How many bytes there are.</summary>
    public long Length { get; } = length;

    /// <summary>Whether the bytes of each element are in big-endian order.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>Whether the bytes lie compressed in the source, so that only <see cref="Unpack"/> gives them.</summary>
    public virtual bool IsPacked => false;

    /// <summary>
    /// Where in the source the storage begins. What a file says about it beside the data is checked here, so that listing a
    /// file need not touch the data.
    /// </summary>
    /// <exception cref="WeightFileException">The file contradicts itself.</exception>
    public abstract long Locate();

    /// <summary>Makes sure that a packed storage is not larger than its file's size allows.</summary>
    /// <exception cref="WeightFileException">It is.</exception>
    public virtual void Claim()
    {
    }

    /// <summary>Writes all the bytes of a packed storage to memory.</summary>
    /// <param name="destination">Room for <see cref="Length"/> bytes.</param>
    /// <exception cref="WeightFileException">They cannot be unpacked.</exception>
    public virtual unsafe void Unpack(byte* destination) => throw new InvalidOperationException("This storage is not packed.");
}

/// <summary>A storage whose place is known.</summary>
internal sealed class PlainStorage(ByteSource source, long offset, long length) : Storage(source, length)
{
    public override long Locate() => offset;
}
