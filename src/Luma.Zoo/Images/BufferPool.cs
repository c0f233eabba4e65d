namespace Luma.Zoo.Images;

/// <summary>
/// Keeps memory of images that are done for those that come. .NET's own pool has no bound in bytes: it keeps some arrays for each thread and
/// each size, which for images and many threads is gigabytes. Any number of threads may use it at a time.
/// </summary>
/// <param name="mostBytes">The most that is kept.</param>
internal sealed class BufferPool(long mostBytes)
{
    // Small images need no pool, and a long list takes time to search.
    private const int MostArrays = 32;

    private readonly Lock changing = new();
    private readonly List<byte[]> kept = [];

    /// <summary>How many bytes are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Takes memory, with anything in it.</summary>
    /// <param name="length">How much is needed.</param>
    /// <returns>An array of that length, or up to twice as long.</returns>
    public byte[] Rent(int length)
    {
        lock (changing)
        {
            var best = -1;
            for (var i = 0; i < kept.Count; i++)
            {
                if (kept[i].Length >= length && kept[i].Length / 2 <= length && (best < 0 || kept[i].Length < kept[best].Length)) best = i;
            }
            if (best >= 0) return TakeOut(best);
        }
        return GC.AllocateUninitializedArray<byte>(length);
    }

    /// <summary>Gives memory back, which nobody uses any more.</summary>
    public void Return(byte[] array)
    {
        if (array.Length > mostBytes) return;
        lock (changing)
        {
            while (kept.Count == MostArrays || Bytes + array.Length > mostBytes) TakeOut(0);
            kept.Add(array);
            Bytes += array.Length;
        }
    }

    private byte[] TakeOut(int place)
    {
        var array = kept[place];
        kept.RemoveAt(place);
        Bytes -= array.Length;
        return array;
    }
}
