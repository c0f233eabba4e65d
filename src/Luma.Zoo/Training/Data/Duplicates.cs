using System.IO.Hashing;

namespace Luma.Zoo.Training.Data;

/// <summary>Finds pictures that are in two parts of a data set, byte for byte.</summary>
internal static class Duplicates
{
    /// <summary>Finds them. Only files of equal length are read; one that cannot be read is found out when it is decoded.</summary>
    public static IReadOnlyList<(TreeFile First, TreeFile Second)> Find(ImageTable first, ImageTable second, CancellationToken cancellation)
    {
        var lengths = new HashSet<long>(first.Rows.Select(row => row.File.Length));
        lengths.IntersectWith(second.Rows.Select(row => row.File.Length));
        lengths.Remove(0);

        var known = Hash(first, lengths, cancellation);
        var byHash = new Dictionary<UInt128, TreeFile>();
        foreach (var (file, hash) in known) byHash.TryAdd(hash, file);
        return
        [
            .. Hash(second, lengths, cancellation)
                .Where(entry => byHash.ContainsKey(entry.Hash))
                .Select(entry => (byHash[entry.Hash], entry.File)),
        ];
    }

    private static ParallelQuery<(TreeFile File, UInt128 Hash)> Hash(ImageTable part, HashSet<long> lengths, CancellationToken cancellation) =>
        part.Rows.Select(row => row.File).Where(file => lengths.Contains(file.Length)).DistinctBy(file => file.Path)
            .AsParallel().AsOrdered().WithCancellation(cancellation)
            .Select(file => (File: file, Hash: TryHash(part.Tree, file)))
            .Where(entry => entry.Hash is not null)
            .Select(entry => (entry.File, Hash: entry.Hash!.Value));

    private static UInt128? TryHash(IFileTree tree, TreeFile file)
    {
        try
        {
            return XxHash128.HashToUInt128(tree.Read(file, Array.MaxLength));
        }
        catch (InvalidDatasetException)
        {
            return null;
        }
    }
}
