using System.Buffers.Binary;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Files that stand where published ones would be, and are as large.</summary>
internal static class CacheFile
{
    /// <summary>Writes weights with the size that a file was published with.</summary>
    public static void Write(StateDict weights, PublishedWeights published, string path)
    {
        // The header of safetensors may end with any number of spaces; the tensors after it stay aligned.
        weights.Save(path, WeightFormat.Safetensors);
        var bytes = File.ReadAllBytes(path);
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var size = (int)(published.FileSizeMegabytes * 1048576);
        Assert.InRange(bytes.Length, 0, size);

        using var file = File.Create(path);
        var spaces = new byte[(size - bytes.Length) / 8 * 8];
        spaces.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header + spaces.Length);
        file.Write(bytes.AsSpan(0, sizeof(long) + header));
        file.Write(spaces);
        file.Write(bytes.AsSpan(sizeof(long) + header));
    }
}
