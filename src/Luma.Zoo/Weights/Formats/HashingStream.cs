using System.IO.Hashing;
using System.Security.Cryptography;
using Luma.Zoo.Files;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Writes to another stream, and knows the SHA-256 and the CRC-32 of what was written.</summary>
internal sealed class HashingStream(Stream inner) : WriteOnlyStream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The CRC-32 so far.</summary>
    public Crc32 Checksum { get; init; } = new();

    /// <summary>The SHA-256 in hexadecimal digits; nothing may be written afterwards.</summary>
    public string Sha256() => Convert.ToHexStringLower(hash.GetHashAndReset());

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        hash.AppendData(buffer);
        Checksum.Append(buffer);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) hash.Dispose();
        base.Dispose(disposing);
    }
}
