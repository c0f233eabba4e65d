using System.Buffers.Binary;
using System.Numerics;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Reads what <c>torch.save</c> wrote before PyTorch 1.6: a magic number, the version, facts about the machine, the object and the
/// keys of its storages as pickles one after the other; then the storages in the order of the keys, each a count and its elements.
/// </summary>
internal static class TorchLegacyReader
{
    private const long Version = 1001;
    private const int CountBytes = 8;

    private static readonly BigInteger Magic = BigInteger.Parse(
        "01950A86A20F9469CFC6C", System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);

    private const int MaxKey = 1024, StorageCost = 128;

    public static IReadOnlyList<WeightSet> Read(ByteSource source, bool inertExtras, ReadBudget budget)
    {
        var globals = new TorchGlobals(budget, inertExtras);
        var position = 0L;
        if (Next("the magic number", NoStorages) is not BigInteger magic || magic != Magic)
            throw new WeightFileException(source.Name, "this is a pickle, but not one of PyTorch's weight files");
        if (Next("the version", NoStorages) is not Version)
            throw new WeightFileException(source.Name, $"the format's version is not {Version}", "the version");
        if (Next("the machine's facts", NoStorages) is not PickledDict facts)
            throw new WeightFileException(source.Name, "the machine's facts are no dictionary", "the machine's facts");

        var bigEndian = facts.Find("little_endian", budget) is false;
        Dictionary<string, LegacyStorage> storages = [];
        var root = Next("the object", id => inertExtras && TorchStorages.IsModule(id)
            ? new PickledThing("a whole module")
            : Resolve(id, source, storages, bigEndian, budget));
        var content = Checkpoint.Find(root, source.Name, budget);
        if (Next("the keys", NoStorages) is not PickledList keys)
            throw new WeightFileException(source.Name, "the keys of the storages are no list", "the keys");
        Place(source, keys, storages, position);
        return content;

        object? Next(string part, Func<object?, object> persistent)
        {
            var (value, length) = PickleMachine.Run(source, position, source.Length - position, part, globals, budget, persistent);
            position += length;
            return value;
        }
    }

    private static object NoStorages(object? id) => throw new MalformedDataException("a persistent id where there is none");

    private static PickledStorage Resolve(
        object? id, ByteSource source, Dictionary<string, LegacyStorage> storages, bool bigEndian, ReadBudget budget)
    {
        var (type, key, count) = TorchStorages.Parse(id, out var rest);
        budget.Walk(key.Length);
        if (key.Length > MaxKey) throw new MalformedDataException($"a storage whose key has {key.Length} characters");
        if (!storages.TryGetValue(key, out var storage))
        {
            if (count * type.Size > source.Length)
                throw new MalformedDataException($"a storage of {count * type.Size} bytes in a file of {source.Length}");
            budget.Take(StorageCost);
            storages.Add(key, storage = new LegacyStorage(source, type, count) { IsBigEndian = bigEndian });
        }
        if (count * type.Size != storage.Length) throw new MalformedDataException($"the storage '{Printable.Of(key)}' has two sizes");

        return rest switch
        {
            [] or [null] => new PickledStorage(storage, type),
            [object?[] and [_, long offset, long viewed]] when offset >= 0 && viewed >= 0 && offset <= count && viewed <= count - offset =>
                new PickledStorage(storage, type, offset * type.Size),
            _ => throw new MalformedDataException("a storage within a storage that leaves it"),
        };
    }

    // The sizes are known from the object, so no storage need be touched to know where the next one is.
    private static void Place(ByteSource source, PickledList keys, Dictionary<string, LegacyStorage> storages, long position)
    {
        HashSet<string> placed = [];
        foreach (var item in keys.Items)
        {
            if (item is not string key || !storages.TryGetValue(key, out var storage) || !placed.Add(key))
                throw new WeightFileException(source.Name, "the keys are not those of the storages, once each", "the keys");
            if (storage.Length + CountBytes > source.Length - position)
                throw new WeightFileException(
                    source.Name, $"a storage of {storage.Length} bytes begins at byte {position} of {source.Length}: the file is cut off",
                    $"storage '{Printable.Of(key)}'");
            storage.Place(position);
            position += CountBytes + storage.Length;
        }
        if (placed.Count != storages.Count)
            throw new WeightFileException(source.Name, $"{storages.Count} storages are used, {placed.Count} are there", "the keys");
    }

    private sealed class LegacyStorage(ByteSource source, ElementType type, long count) : Storage(source, count * type.Size)
    {
        private long position;

        public void Place(long start) => position = start;

        public override long Locate()
        {
            using var bytes = Source.Pin(position, CountBytes);
            var written = IsBigEndian
                ? BinaryPrimitives.ReadInt64BigEndian(bytes.Span)
                : BinaryPrimitives.ReadInt64LittleEndian(bytes.Span);
            if (written != count)
                throw new WeightFileException(
                    Source.Name, $"a storage has {written} elements where it begins and {count} where it is used",
                    $"the storage at byte {position}");
            return position + CountBytes;
        }
    }
}
