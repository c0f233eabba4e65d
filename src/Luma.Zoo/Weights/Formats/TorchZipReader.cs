using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Reads what <c>torch.save</c> writes since PyTorch 1.6: a ZIP archive with one folder, in it <c>data.pkl</c>, <c>byteorder</c> and
/// a record <c>data/KEY</c> for every storage. Names are only compared, never used as paths.
/// </summary>
internal static class TorchZipReader
{
    private const string Pickle = "data.pkl";
    private const int MaxKey = 128, StorageCost = 128;

    // What other programs' archives have, and what to tell whoever takes them for weights.
    private static readonly (string Mark, string Problem)[] OtherKinds =
    [
        ("serialized_exported_program.json", "this is a program that torch.export saved (.pt2): save the module's state_dict() with torch.save"),
        ("archive_format", "this is a program that torch.export saved (.pt2): save the module's state_dict() with torch.save"),
        ("model.weights.h5", "this is a Keras model, which is not read"),
        ("MAR-INF/MANIFEST.json", "this is an archive for TorchServe: unpack it and take the weight file that is in it"),
        ("AndroidManifest.xml", "this is an Android program, not a weight file"),
        ("[Content_Types].xml", "this is an office document, not a weight file"),
    ];

    public static IReadOnlyList<WeightSet> Read(ByteSource source, bool inertExtras, ReadBudget budget)
    {
        var archive = new ZipDirectory(source, budget);
        var folder = FindFolder(source, archive);
        if (archive.Names.Contains(folder + "constants.pkl"))
            throw new WeightFileException(
                source.Name, "this is a TorchScript program, not a state dict: save the module's state_dict() with torch.save");

        var bigEndian = IsBigEndian(source, archive, folder + "byteorder");
        Dictionary<string, Storage> storages = [];
        var pickle = folder + Pickle;
        using var record = archive.Open(pickle);
        var (root, _) = PickleMachine.Run(
            record.Source, record.Offset, record.Length, pickle, new TorchGlobals(budget, inertExtras), budget, Resolve);
        return Checkpoint.Find(root, source.Name, budget);

        object Resolve(object? id)
        {
            if (inertExtras && TorchStorages.IsModule(id)) return new PickledThing("a whole module");

            var (type, key, count) = TorchStorages.Parse(id, out _);
            budget.Walk(key.Length);
            if (key.Length > MaxKey) throw new MalformedDataException($"a storage whose key has {key.Length} characters");
            var name = $"{folder}data/{key}";
            if (archive.SizeOf(name) is not { } size)
                throw new MalformedDataException($"a storage '{Printable.Of(key)}' that the archive lacks");
            if (count * type.Size > size)
                throw new MalformedDataException($"a storage '{Printable.Of(key)}' of {count * type.Size} bytes whose record has {size}");

            if (!storages.TryGetValue(name, out var storage))
            {
                budget.Take(StorageCost + (2L * name.Length));
                storages.Add(name, storage = new RecordStorage(source, archive, name, size) { IsBigEndian = bigEndian });
            }
            return new PickledStorage(storage, type);
        }
    }

    private static string FindFolder(ByteSource source, ZipDirectory archive)
    {
        var pickles = archive.Names.Where(name => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..] == Pickle).ToList();
        return pickles switch
        {
            [var name] => name[..^Pickle.Length],
            [] => throw new WeightFileException(source.Name, Kind(archive)),
            _ => throw new WeightFileException(source.Name, $"this ZIP archive has {pickles.Count} files {Pickle}"),
        };
    }

    private static string Kind(ZipDirectory archive)
    {
        if (archive.Names.Any(name => name.EndsWith(".npy", StringComparison.OrdinalIgnoreCase)))
            return "this is NumPy's .npz, which is not read: save the arrays as tensors with torch.save or safetensors";
        foreach (var (mark, problem) in OtherKinds)
        {
            if (archive.Names.Any(name => name == mark || name.EndsWith($"/{mark}", StringComparison.Ordinal))) return problem;
        }
        var weights = archive.Names.FirstOrDefault(name => Path.GetExtension(name) is ".pth" or ".pt" or ".bin" or ".safetensors" or ".ckpt");
        return weights is null
            ? $"this is a ZIP archive without a {Pickle}: not a file of PyTorch's"
            : $"this is a ZIP archive with '{Printable.Of(weights)}' in it: unpack it and take that file";
    }

    private static bool IsBigEndian(ByteSource source, ZipDirectory archive, string name)
    {
        if (archive.SizeOf(name) is null) return false;
        using var record = archive.Open(name);
        using var bytes = record.Source.Pin(record.Offset, Math.Min(record.Length, "little".Length + 1));
        return Encoding.UTF8.GetString(bytes.Span) switch
        {
            "little" => false,
            "big" => true,
            _ => throw new WeightFileException(source.Name, "the byte order is neither 'little' nor 'big'", name),
        };
    }

    private sealed class RecordStorage(ByteSource source, ZipDirectory archive, string name, long length) : Storage(source, length)
    {
        public override bool IsPacked => archive.IsPacked(name);

        public override long Locate() => archive.Locate(name);

        public override void Claim()
        {
            if (IsPacked) archive.Expand(name);
        }

        public override unsafe void Unpack(byte* destination) => archive.Unpack(name, destination);
    }
}
