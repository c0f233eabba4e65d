using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Luma.Zoo.Cli.Results;

/// <summary>The images that an earlier run has finished. Of each path it holds a hash of 128 bits: some 50 bytes an image in all.</summary>
internal sealed class FinishedImages
{
    private readonly Dictionary<UInt128, int> times = [];
    // Nobody can choose names that collide.
    private readonly long seed = Random.Shared.NextInt64();

    /// <summary>How many there are in the file.</summary>
    public long Count { get; private set; }

    /// <summary>How many of them failed.</summary>
    public long Failed { get; private set; }

    /// <summary>Notes one; an image that is named twice is done twice.</summary>
    public void Add(string path, bool failed)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(times, Hash(path), out _)++;
        Count++;
        if (failed) Failed++;
    }

    /// <summary>Whether an image is finished. For one that was named twice it says so twice.</summary>
    public bool Take(string path)
    {
        ref var left = ref CollectionsMarshal.GetValueRefOrNullRef(times, Hash(path));
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref left) || left == 0) return false;
        left--;
        return true;
    }

    // A path that is no valid text was written with substitutes, and so is compared with them.
    private UInt128 Hash(string path) => XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(path), seed);
}
