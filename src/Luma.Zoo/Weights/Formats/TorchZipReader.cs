using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Reads what <c>torch.save</c> writes since PyTorch 1.6: a ZIP archive with one folder, in it <c>data.pkl</c>, <c>byteorder</c> and
/// a record <c>data/KEY</c> for every storage. Names are only compared, never used as paths.
/// </summary>
internal static class TorchZipReader
{
    private const string Pickle = "data.pkl";

    public static WeightContent Read(ByteSource source)
    {
        var archive = new ZipDirectory(source);
        var folder = FindFolder(source, archive);
        if (archive.Names.Contains(folder + "constants.pkl"))
            throw new WeightFileException(
                source.Name, "this is a TorchScript program, not a state dict: save the module's state_dict() with torch.save");

        var bigEndian = IsBigEndian(source, archive, folder + "byteorder");
        Dictionary<string, Storage> storages = [];
        var pickle = folder + Pickle;
        var (root, _) = PickleMachine.Run(source, archive.Locate(pickle), archive.SizeOf(pickle) ?? 0, pickle, Resolve);
        return Checkpoint.Read(root, source.Name);

        object Resolve(object? id)
        {
            var (type, key, count) = TorchStorages.Parse(id, out _);
            var name = $"{folder}data/{key}";
            if (archive.SizeOf(name) is not { } size)
                throw new MalformedDataException($"a storage '{Printable.Of(key)}' that the archive lacks");
            if (count * type.Size > size)
                throw new MalformedDataException($"a storage '{Printable.Of(key)}' of {count * type.Size} bytes whose record has {size}");

            if (!storages.TryGetValue(name, out var storage))
                storages.Add(name, storage = new RecordStorage(source, archive, name, size) { IsBigEndian = bigEndian });
            return new PickledStorage(storage, type);
        }
    }

    private static string FindFolder(ByteSource source, ZipDirectory archive)
    {
        var pickles = archive.Names.Where(name => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..] == Pickle).ToList();
        return pickles switch
        {
            [var name] => name[..^Pickle.Length],
            [] => throw new WeightFileException(source.Name, $"this is a ZIP archive without a {Pickle}: not a file of PyTorch's"),
            _ => throw new WeightFileException(source.Name, $"this ZIP archive has {pickles.Count} files {Pickle}"),
        };
    }

    private static bool IsBigEndian(ByteSource source, ZipDirectory archive, string name)
    {
        if (archive.SizeOf(name) is not { } size) return false;
        using var bytes = source.Pin(archive.Locate(name), Math.Min(size, "little".Length + 1));
        return Encoding.UTF8.GetString(bytes.Span) switch
        {
            "little" => false,
            "big" => true,
            _ => throw new WeightFileException(source.Name, "the byte order is neither 'little' nor 'big'", name),
        };
    }

    private sealed class RecordStorage(ByteSource source, ZipDirectory archive, string name, long length) : Storage(source, length)
    {
        public override long Locate() => archive.Locate(name);
    }
}
