using System.Runtime.ExceptionServices;
using Luma.Neural.Native;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Reads the storages of tensors into memory, several pieces at a time: large ones each into memory of its own, which a module can
/// take over, small ones together.
/// </summary>
internal static class StorageReader
{
    private const long PieceBytes = 8L << 20;
    private const long OwnBytes = 64 << 10;
    private const int Alignment = 64;

    /// <summary>Reads the storages of tensors.</summary>
    /// <param name="entries">The tensors.</param>
    /// <param name="name">What to call the memory in messages.</param>
    /// <param name="keepMapped">Whether tensors stay in the file where they can be mapped: uncompressed and in order.</param>
    /// <param name="owned">Gets the memory, which must live as long as the tensors.</param>
    /// <returns>The same tensors in memory.</returns>
    /// <exception cref="WeightFileException">The file contradicts itself, or cannot be read.</exception>
    public static List<TensorEntry> Read(IReadOnlyList<TensorEntry> entries, string name, bool keepMapped, List<IDisposable> owned)
    {
        Dictionary<Storage, Storage> read = new(ReferenceEqualityComparer.Instance);
        List<(Storage From, Tensor To, long Offset)> jobs = [];
        List<(Storage Storage, long Offset)> small = [];
        var pooled = 0L;
        foreach (var view in entries.Select(entry => entry.View))
        {
            var storage = view.Storage;
            if (read.ContainsKey(storage) || (keepMapped && !storage.IsPacked && view.IsContiguous)) continue;

            // What a file says of a storage beside its bytes is checked even where there are none.
            storage.Locate();
            if (storage.Length >= OwnBytes)
            {
                var type = storage.Length % view.Type.Size == 0 ? view.Type : ElementType.Byte;
                var block = TensorBytes.Allocate(storage.Length / type.Size, type);
                owned.Add(block);
                jobs.Add((storage, block, 0));
                read.Add(storage, In(ByteSource.Block(block, storage.Length, name), 0, storage));
            }
            else
            {
                small.Add((storage, pooled));
                read.Add(storage, storage);
                pooled += (storage.Length + Alignment - 1) / Alignment * Alignment;
            }
        }
        if (small.Count > 0)
        {
            var pool = TensorBytes.Allocate(Math.Max(pooled, 1), ElementType.Byte);
            owned.Add(pool);
            var source = ByteSource.Of(pool, pooled, name);
            foreach (var (storage, offset) in small)
            {
                jobs.Add((storage, pool, offset));
                read[storage] = In(source, offset, storage);
            }
        }

        var bytes = jobs.Sum(job => (double)job.From.Length);
        if (!MemoryGuard.Fits(bytes))
        {
            throw new WeightFileException(
                name, $"there is not enough memory for its {MemoryGuard.Size(bytes)} of tensors: map the file instead (in C#: {nameof(WeightFileOptions.Map)})");
        }

        Run(jobs);
        return [.. entries.Select(entry =>
            read.TryGetValue(entry.View.Storage, out var storage) ? new TensorEntry(entry.Name, entry.View.On(storage)) : entry)];
    }

    private static PlainStorage In(ByteSource source, long offset, Storage storage) =>
        new(source, offset, storage.Length) { IsBigEndian = storage.IsBigEndian };

    private static unsafe void Run(List<(Storage From, Tensor To, long Offset)> jobs)
    {
        List<(Storage From, long First, long Count, nint To)> pieces = [];
        foreach (var (from, to, offset) in jobs)
        {
            var address = (nint)TensorBytes.Address(to) + (nint)offset;
            var length = from.IsPacked ? Math.Max(from.Length, 1) : PieceBytes;
            for (var first = 0L; first < from.Length; first += length) pieces.Add((from, first, Math.Min(length, from.Length - first), address + (nint)first));
        }

        // Threads are worth it for more than a piece.
        if (pieces.Sum(piece => piece.Count) <= PieceBytes) pieces.ForEach(Read);
        else InParallel(pieces, Read);
        GC.KeepAlive(jobs);

        static void Read((Storage From, long First, long Count, nint To) piece)
        {
            if (piece.From.IsPacked) piece.From.Unpack((byte*)piece.To);
            else piece.From.Source.Read(piece.From.Locate() + piece.First, piece.Count, (byte*)piece.To);
        }
    }

    /// <summary>Does something for each of many, several at a time; the first failure is thrown as it is.</summary>
    public static void InParallel<T>(IReadOnlyCollection<T> items, Action<T> action)
    {
        try
        {
            Parallel.ForEach(items, action);
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }
    }
}
