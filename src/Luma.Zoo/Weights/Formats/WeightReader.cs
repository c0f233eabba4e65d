using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Recognises the format of a file by its content and reads what it says of its tensors.</summary>
internal static class WeightReader
{
    private const int HeadBytes = 1024, ShownBytes = 60;

    // What people have in place of weights, and what to tell them. Safetensors has no signature: it is tried before these.
    private static readonly (int Offset, byte[] Signature, string Problem)[] OtherKinds =
    [
        (0, "version https://git-lfs"u8.ToArray(), "this is a Git LFS pointer, not the file it points to: fetch it with 'git lfs pull'"),
        (0, [0x1F, 0x8B], "this is compressed with gzip: unpack it first"),
        (0, "BZh"u8.ToArray(), "this is compressed with bzip2: unpack it first"),
        (0, [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "this is compressed with xz: unpack it first"),
        (0, [0x28, 0xB5, 0x2F, 0xFD], "this is compressed with zstd: unpack it first"),
        (0, [(byte)'7', (byte)'z', 0xBC, 0xAF], "this is a 7z archive: unpack it first"),
        (0, "Rar!"u8.ToArray(), "this is a RAR archive: unpack it first"),
        (0, "PK\x05\x06"u8.ToArray(), "this is a ZIP archive without entries"),
        (0, [0x89, (byte)'H', (byte)'D', (byte)'F'], "this is an HDF5 file, as Keras writes them, which is not read"),
        (0, [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'], "this is a NumPy array, which is not read"),
        (0, "GGUF"u8.ToArray(), "this is a GGUF file of llama.cpp, which is not read"),
        (4, "TFL3"u8.ToArray(), "this is a TensorFlow Lite model, which is not read"),
        (0, "%PDF"u8.ToArray(), "this is a PDF document, not a weight file"),
        (0, [0x89, (byte)'P', (byte)'N', (byte)'G'], "this is a PNG picture, not a weight file"),
        (0, [0xFF, 0xD8, 0xFF], "this is a JPEG picture, not a weight file"),
        (0, [0x7F, (byte)'E', (byte)'L', (byte)'F'], "this is a program, not a weight file"),
        (0, "MZ"u8.ToArray(), "this is a program, not a weight file"),
        (257, "ustar"u8.ToArray(), "this is a tar archive, as PyTorch wrote before 0.1.11 and NeMo still does: unpack it first"),
    ];

    /// <summary>Reads a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="fits">Whether tensors fit the network that they are for; null where that is not known.</param>
    /// <param name="sources">Gets further files that the source names, which must stay open as long as the tensors are read from them; null where it may name none.</param>
    /// <param name="budget">Bounds what reading takes; by default by the size of the source.</param>
    /// <returns>Its format and what was chosen of it.</returns>
    /// <exception cref="WeightFileException">The file is damaged, hostile, or of a kind that is not read.</exception>
    public static (WeightFormat Format, WeightContent Content) Read(
        ByteSource source, WeightFileOptions options, Func<WeightContent, bool>? fits, List<ByteSource>? sources, ReadBudget? budget = null)
    {
        budget ??= new ReadBudget(source.Length);
        try
        {
            var (format, sets, size) = ReadSets(source, options, sources, budget);
            var content = WeightSelector.Choose(sets, source.Name, options.Key, fits);
            if (content.Entries.FirstOrDefault(entry => !Printable.IsText(entry.Name)) is { } strange) throw new MalformedDataException($"'{Printable.Of(strange.Name)}', a tensor's name, is not UTF-8");
            foreach (var storage in content.Entries.Select(entry => entry.View.Storage).Where(storage => storage.IsPacked).Distinct()) storage.Claim();
            var expanded = new ReadBudget(size);
            foreach (var entry in content.Entries) expanded.Expand(entry.ByteCount, $"'{Printable.Of(entry.Name)}' is a tensor");
            return (format, content);
        }
        catch (MalformedDataException error)
        {
            throw new WeightFileException(source.Name, error.Message, null, error);
        }
    }

    private static (WeightFormat Format, IReadOnlyList<WeightSet> Sets, long Size) ReadSets(
        ByteSource source, WeightFileOptions options, List<ByteSource>? sources, ReadBudget budget)
    {
        if (source.Length == 0) throw new WeightFileException(source.Name, "the file is empty");

        var head = new byte[Math.Min(source.Length, HeadBytes)];
        using (var pinned = source.Pin(0, head.Length)) pinned.Span.CopyTo(head);
        if (SafetensorsReader.Recognizes(head, source.Length)) return (WeightFormat.Safetensors, SafetensorsReader.Read(source, budget), source.Length);
        if (head.AsSpan().StartsWith("PK\x03\x04"u8) && ModelArchive.Read(source, budget) is { } model)
            return (WeightFormat.Safetensors, model, source.Length);
        if (head.AsSpan().StartsWith("PK\x03\x04"u8))
            return (WeightFormat.TorchZip, TorchZipReader.Read(source, options.InertExtras, budget), source.Length);

        foreach (var (offset, signature, problem) in OtherKinds)
        {
            if (head.Length >= offset && head.AsSpan(offset).StartsWith(signature)) throw new WeightFileException(source.Name, problem);
        }
        if (sources is not null && head.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("{"u8) && ShardIndex.Read(source, budget) is var (files, names))
            return ReadShards(source, files, names, options, sources);
        if (TextProblem(head) is { } text) throw new WeightFileException(source.Name, text);
        if (TorchSharpReader.Read(source, budget) is { } tensors) return (WeightFormat.TorchSharp, tensors, source.Length);
        if ((Opcode)head[0] is Opcode.Proto or Opcode.Long)
            return (WeightFormat.TorchLegacy, TorchLegacyReader.Read(source, options.InertExtras, budget), source.Length);
        if (OnnxReader.Read(source, options, sources, budget) is var (initializers, size)) return (WeightFormat.Onnx, initializers, size);

        throw new WeightFileException(
            source.Name,
            $"this is neither a PyTorch file nor safetensors nor an ONNX model: it begins with {Convert.ToHexString(head.AsSpan(0, Math.Min(head.Length, 8)))}");
    }

    private static (WeightFormat Format, IReadOnlyList<WeightSet> Sets, long Size) ReadShards(
        ByteSource index, IReadOnlyList<string> files, IReadOnlyList<string> names, WeightFileOptions options, List<ByteSource> sources)
    {
        Dictionary<string, TensorEntry> entries = [];
        Dictionary<string, long> versions = [];
        Dictionary<string, string> metadata = [], unread = [];
        List<string> order = [];
        var format = WeightFormat.Safetensors;
        var size = index.Length;
        foreach (var file in files)
        {
            var shard = ByteSource.Open(file, options.Map);
            sources.Add(shard);
            size += shard.Length;
            try
            {
                (format, var sets, _) = ReadSets(shard, options, sources: null, new ReadBudget(shard.Length));
                var content = WeightSelector.Choose(sets, file, null, null);
                foreach (var entry in content.Entries)
                {
                    if (!entries.TryAdd(entry.Name, entry)) throw new WeightFileException(file, $"'{Printable.Of(entry.Name)}' is in another of the files too");
                    order.Add(entry.Name);
                }
                foreach (var (module, version) in content.Versions) versions[module] = version;
                foreach (var (key, value) in content.Metadata) metadata[key] = value;
                foreach (var (name, reason) in content.Unread) unread[name] = reason;
            }
            catch (MalformedDataException error)
            {
                throw new WeightFileException(file, error.Message, null, error);
            }
        }

        var missing = names.Where(name => !entries.ContainsKey(name) && !unread.ContainsKey(name)).ToList();
        if (missing.Count > 0)
            throw new WeightFileException(index.Name, $"the index has {missing.Count} tensors that the files lack: {WeightSelection.List(missing)}");

        List<TensorEntry> sorted = [.. names.Concat(order).Distinct().Where(entries.ContainsKey).Select(name => entries[name])];
        return (format, [new("", () => new(sorted, versions) { Metadata = metadata, Unread = unread })], size);
    }

    // What a server says in place of a file, or somebody's notes.
    private static string? TextProblem(ReadOnlySpan<byte> head)
    {
        var rest = head.StartsWith("\uFEFF"u8) ? head[3..] : head;
        if (rest.ContainsAnyInRange((byte)0, (byte)8) || rest.ContainsAnyInRange((byte)14, (byte)31)) return null;

        var text = Encoding.UTF8.GetString(rest).Trim();
        // Safetensors, .dat and pickles have bytes below a space in their first words.
        if (text.Length == 0) return "the file has nothing but white space";
        if (text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase))
            return "this is a web page, not a weight file: the download went wrong; open its address in a browser to see why";
        if (text[0] == '<') return $"this is XML, not a weight file, maybe a server's error: it begins with \"{Shown(text)}\"";
        if (text[0] is '{' or '[') return $"this is JSON, not a weight file, maybe a server's error or a settings file: it begins with \"{Shown(text)}\"";
        // A legacy file of protocol 1 begins with a number as text, then comes more.
        if (text[0] == 'L' && text.Contains("\n.", StringComparison.Ordinal)) return null;
        return head.Length == rest.Length && text.Contains('\uFFFD', StringComparison.Ordinal)
            ? null
            : $"this is text, not a weight file, maybe a server's answer: it begins with \"{Shown(text)}\"";
    }

    private static string Shown(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return Printable.Of(line.Length > ShownBytes ? $"{line[..ShownBytes]}..." : line);
    }
}
