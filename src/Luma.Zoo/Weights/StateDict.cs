using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Luma.Neural;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Weights;

/// <summary>
/// The tensors of a network by name, in order: of a file or of a module. May be used by several threads.
/// </summary>
/// <remarks>
/// <para>
/// A file's format is recognised by its content. What is opened is what is read: a file is read into memory at once and closed, and
/// nothing that happens to it afterwards matters. With <see cref="WeightFileOptions.Map"/> the tensors stay in the open file instead;
/// it is never looked up by its path again, so replacing it as a whole does no harm, but it must not be written to.
/// </para>
/// <para>
/// Of a checkpoint the weights are taken: averaged ones where there are any, as timm takes them, then those under <c>state_dict</c>,
/// <c>model</c>, <c>model_state_dict</c> or <c>net</c>, then the only ones that there are. What PyTorch's wrappers put before the names
/// (<c>module.</c>, <c>_orig_mod.</c>) comes off. <see cref="Selection"/> says what was done. Pickles are read by an interpreter that
/// knows tensors, plain data, and by name what people leave beside weights; anything else is refused by its name, and nothing in a file is
/// ever run. As in PyTorch, the checksums in ZIP archives are not compared: <c>torch.save</c> may be told to write none.
/// </para>
/// <para>
/// Reading takes memory and time in proportion to the file's size: at most four times its size and 16 MB for what it says of its
/// tensors, as much for the tensors themselves, and as many steps. A file that asks for more is refused.
/// </para>
/// </remarks>
public sealed class StateDict : IDisposable
{
    private readonly WeightContent content;
    private readonly Dictionary<string, TensorEntry> byName = [];
    private readonly IReadOnlyList<IDisposable> owned;
    private bool isDerived;

    private StateDict(string source, WeightFormat? format, WeightContent content, params IReadOnlyList<IDisposable> owned)
    {
        (Source, Format, this.content, this.owned) = (source, format, content, owned);
        foreach (var entry in content.Entries) byName.Add(entry.Name, entry);
    }

    /// <summary>The file, or a name for what the tensors came from.</summary>
    public string Source { get; }

    /// <summary>The file's format, or null where the tensors come from no file.</summary>
    public WeightFormat? Format { get; }

    /// <summary>The tensors, in order.</summary>
    public IReadOnlyList<TensorEntry> Entries => content.Entries;

    /// <summary>The names, in order.</summary>
    public IEnumerable<string> Names => content.Entries.Select(entry => entry.Name);

    /// <summary>
    /// The versions of the modules by their names, the whole network's under the empty one, as PyTorch keeps them in <c>_metadata</c>.
    /// None where the tensors come from safetensors or from no module. PyTorch's zip format keeps them.
    /// </summary>
    public IReadOnlyDictionary<string, long> Versions => content.Versions;

    /// <summary>
    /// What a file says beside its tensors: the <c>__metadata__</c> of safetensors, the metadata of an ONNX model. What is here is written too; PyTorch's zip format keeps
    /// it as an attribute of the state dict, which Python keeps in turn.
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata => content.Metadata;

    /// <summary>What was taken of the file, and what was left.</summary>
    public WeightSelection Selection => content.Selection;

    /// <summary>
    /// The SHA-256 of the file's bytes, where it was opened to be identified; null elsewhere. Of an index with its files it is that of
    /// all their hashes.
    /// </summary>
    internal string? Hash { get; private init; }

    /// <summary>The tensors of the file that are not read, such as sparse ones, with the reasons.</summary>
    internal IReadOnlyDictionary<string, string> Unread => content.Unread;

    /// <summary>The size of all tensors in bytes.</summary>
    public long ByteCount => content.Entries.Sum(entry => entry.ByteCount);

    /// <summary>The tensor of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public TensorEntry this[string name] =>
        byName.TryGetValue(name, out var entry) ? entry : throw new KeyNotFoundException($"{Source} has no tensor '{name}'.");

    /// <summary>Opens a weight file, the index of one that is spread over several, or a folder that has either.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="options">How it is opened; by default the weights are read into memory.</param>
    /// <returns>Its tensors, until it is disposed of.</returns>
    /// <exception cref="WeightFileException">
    /// The file is damaged, hostile, or of a kind that is not read; it is not there or cannot be opened; or it holds several sets of weights
    /// and it cannot be told which is meant.
    /// </exception>
    public static StateDict Open(string path, WeightFileOptions? options = null) => Open(path, options, fits: null);

    /// <summary>Opens a weight file for a network that is known.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <param name="options">How it is opened, or null.</param>
    /// <param name="fits">Whether tensors, which lie in the file still, fit the network; null where it is not known.</param>
    /// <param name="check">Is shown the file that was opened before it is read, and throws where it is not the right one.</param>
    internal static StateDict Open(
        string path, WeightFileOptions? options, Func<StateDict, bool>? fits, Action<ByteSource>? check = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        List<ByteSource> sources = [];
        List<IDisposable> owned = [];
        try
        {
            var file = Directory.Exists(path) ? ShardIndex.FileIn(path) : path;
            var source = ByteSource.Open(file, options.Map);
            sources.Add(source);
            check?.Invoke(source);
            var (format, content) = WeightReader.Read(source, options, On(path, fits), sources);
            content = content with { Entries = StorageReader.Read(content.Entries, path, options.Map, owned) };
            var expected = options.Map ? null : options.Sha256;
            var hash = options.Identify || expected is not null ? (content.Body ?? source).Hash() : null;
            if (expected is not null && !expected.Equals(hash, StringComparison.OrdinalIgnoreCase))
                throw new WeightFileException(path, $"these are other weights than are expected: their SHA-256 is {hash}, not {expected}");
            if (options.Identify && sources.Count > 1) hash = HashOf([hash!, .. sources.Skip(1).Select(shard => shard.Hash())]);
            sources.ForEach(opened => opened.EnsureUnchanged());
            if (options.Map) owned.AddRange(sources);
            else sources.ForEach(opened => opened.Dispose());
            return new StateDict(path, format, content, owned) { Hash = hash };
        }
        catch
        {
            sources.ForEach(opened => opened.Dispose());
            owned.ForEach(thing => thing.Dispose());
            throw;
        }
    }

    /// <summary>Reads a stream, such as an embedded resource, to its end.</summary>
    /// <param name="stream">The stream, which stays open. Its bytes are held in memory.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="options">How it is read.</param>
    /// <returns>Its tensors.</returns>
    /// <exception cref="WeightFileException">The bytes are damaged, hostile, too many for an array, or of a kind that is not read.</exception>
    public static StateDict Read(Stream stream, string name, WeightFileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var expected = stream.CanSeek ? stream.Length - stream.Position : 0;
        if (expected > Array.MaxLength) throw new WeightFileException(name, $"a stream of {expected} bytes: open the file by its path instead");
        using var bytes = new MemoryStream((int)Math.Max(expected, 0));
        stream.CopyTo(bytes);
        return Read(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), name, options);
    }

    /// <summary>Reads bytes in memory.</summary>
    /// <param name="bytes">The bytes, which must not be changed afterwards.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <param name="options">How they are read.</param>
    /// <returns>Their tensors.</returns>
    /// <exception cref="WeightFileException">The bytes are damaged, hostile, or of a kind that is not read.</exception>
    public static StateDict Read(ReadOnlyMemory<byte> bytes, string name, WeightFileOptions? options = null)
    {
        var source = ByteSource.Of(bytes, name);
        List<IDisposable> owned = [source];
        var (format, content) = WeightReader.Read(source, options ?? new(), fits: null, sources: null);
        return new StateDict(name, format, content with { Entries = StorageReader.Read(content.Entries, name, keepMapped: true, owned) }, owned)
        {
            Hash = options is { Identify: true } ? source.Hash() : null,
        };
    }

    /// <summary>The parameters and buffers of a module, in PyTorch's order.</summary>
    /// <param name="module">The module. Its own tensors are shown: what changes in them later is seen.</param>
    /// <returns>The tensors.</returns>
    public static StateDict Of(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var versions = module.named_modules().Prepend(("", module)).ToDictionary(
            entry => entry.Item1, entry => entry.Item2 is NeuralModule known ? (long)known.StateVersion : 1);
        return Of(module.state_dict(), module.GetName(), versions, NetworkFacts.Of(module));
    }

    /// <summary>Tensors by name.</summary>
    /// <param name="tensors">The tensors in order, which are shown, not copied, where they are on the CPU.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <returns>The tensors.</returns>
    /// <exception cref="ArgumentException">
    /// A tensor is sparse or of a type that weight files do not have, a name comes twice, or it is no text: half a surrogate pair.
    /// </exception>
    public static StateDict Of(IEnumerable<KeyValuePair<string, Tensor>> tensors, string name = "tensors")
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return Of(tensors, name, new Dictionary<string, long>(), new Dictionary<string, string>());
    }

    private static StateDict Of(
        IEnumerable<KeyValuePair<string, Tensor>> tensors, string name, IReadOnlyDictionary<string, long> versions,
        IReadOnlyDictionary<string, string> metadata)
    {
        List<TensorEntry> entries = [];
        List<IDisposable> owned = [];
        foreach (var (key, tensor) in tensors)
        {
            if (!Printable.IsText(key)) throw new ArgumentException($"'{Printable.Of(key)}', a tensor's name, has half a surrogate pair, which no file can have.", nameof(tensors));
            if (tensor.is_sparse) throw new ArgumentException($"'{key}' is sparse: make it dense.", nameof(tensors));

            var type = ElementType.Of(tensor.dtype);
            var local = tensor;
            if (tensor.device_type is not DeviceType.CPU)
            {
                local = tensor.detach().cpu().DetachFromDisposeScope();
                owned.Add(local);
            }
            var shape = local.shape;
            var strides = local.stride();
            var reach = shape.Contains(0) ? 0 : 1 + shape.Zip(strides, (size, stride) => (size - 1) * stride).Sum();
            var source = ByteSource.Of(local, reach * type.Size, name);
            entries.Add(new TensorEntry(key, new TensorView(new PlainStorage(source, 0, source.Length), type, 0, shape, strides)));
        }
        return new StateDict(name, null, new(entries, versions) { Metadata = metadata }, owned);
    }

    /// <summary>Whether there is a tensor of a name.</summary>
    /// <param name="name">The name.</param>
    public bool Contains(string name) => byName.ContainsKey(name);

    /// <summary>Finds the tensor of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="entry">The tensor, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorEntry? entry) => byName.TryGetValue(name, out entry);

    /// <summary>The same tensors under other names, or without those that get none. This state dict must stay open.</summary>
    /// <param name="rename">The new name for a name, or null to leave the tensor out.</param>
    /// <exception cref="WeightFileException">Two tensors get the same name.</exception>
    internal StateDict Rename(Func<string, string?> rename)
    {
        List<TensorEntry> renamed = [];
        Dictionary<string, string> origins = [];
        foreach (var entry in content.Entries)
        {
            if (rename(entry.Name) is not { } name) continue;
            if (!origins.TryAdd(name, entry.Name)) throw new WeightFileException(Source, $"'{origins[name]}' and '{entry.Name}' are both '{name}'");
            renamed.Add(new TensorEntry(name, entry.View));
        }
        return Derive(content with { Entries = renamed, Versions = new Dictionary<string, long>() });
    }

    /// <summary>
    /// The same tensors without what has to come off their names for them to fit; null where they fit as they are, or not at all. This
    /// state dict must stay open.
    /// </summary>
    /// <param name="fits">Whether tensors fit.</param>
    internal StateDict? Fit(Func<StateDict, bool> fits) =>
        NamePrefixes.Fit(content, On(Source, fits)!) is { } fitting && !ReferenceEquals(fitting, content) ? Derive(fitting) : null;

    /// <summary>The tensors of some names, in their order. What this state dict has made goes along; it must stay open otherwise.</summary>
    /// <param name="names">The names, which are all there.</param>
    /// <param name="versions">The versions of the modules.</param>
    /// <param name="metadata">What is to be written beside the tensors.</param>
    internal StateDict Arranged(
        IEnumerable<string> names, IReadOnlyDictionary<string, long> versions, IReadOnlyDictionary<string, string> metadata) =>
        Derive(content with { Entries = [.. names.Select(name => this[name])], Versions = versions, Metadata = metadata });

    /// <summary>The same tensors, some under other shapes with the same elements in the same order. This state dict must stay open.</summary>
    /// <param name="reshape">The new shape for a tensor, or null to leave it as it is. Shapes of other sizes are not taken.</param>
    internal StateDict Reshape(Func<TensorEntry, long[]?> reshape)
    {
        List<IDisposable> copies = [];
        return Derive(content with { Entries = [.. content.Entries.Select(Reshaped)] }, copies);

        TensorEntry Reshaped(TensorEntry entry)
        {
            if (reshape(entry) is not { } shape || shape.Aggregate(1L, (product, size) => product * size) != entry.Count) return entry;
            if (entry.View.Reshape(shape) is { } view) return new TensorEntry(entry.Name, view);

            // Saved with the channels last, for one: the elements are put in order in memory.
            using var tensor = entry.ToTensor();
            var copy = tensor.reshape(shape).contiguous().DetachFromDisposeScope();
            copies.Add(copy);
            return Of([KeyValuePair.Create(entry.Name, copy)], Source).Entries[0];
        }
    }

    /// <summary>The same tensors with another one under a name. This state dict must stay open.</summary>
    /// <param name="name">A name that is there.</param>
    /// <param name="value">The tensor, which is taken over.</param>
    internal StateDict Replace(string name, Tensor value)
    {
        var replacement = Of([KeyValuePair.Create(name, value)], Source)[name];
        return Derive(
            content with { Entries = [.. content.Entries.Select(entry => entry.Name == name ? replacement : entry)] }, value.DetachFromDisposeScope());
    }

    /// <summary>The same tensors and more of them. This state dict must stay open.</summary>
    /// <param name="added">The tensors by names that are not there, which are taken over.</param>
    internal StateDict With(IReadOnlyCollection<KeyValuePair<string, Tensor>> added)
    {
        foreach (var (_, tensor) in added) tensor.DetachFromDisposeScope();
        return Derive(
            content with { Entries = [.. content.Entries, .. Of(added, Source).Entries] }, [.. added.Select(entry => entry.Value)]);
    }

    // What one turn has made, the next one keeps: only the last in a row is disposed of.
    private StateDict Derive(WeightContent turned, params IReadOnlyList<IDisposable> made) =>
        new(Source, Format, turned, isDerived ? [.. owned, .. made] : made) { isDerived = true };

    /// <summary>
    /// Writes the tensors to a file: to a temporary one beside it, which takes its place when all of it is on the disk. The mode of a file
    /// that is replaced stays, and a symbolic link goes on leading to where it led; another hard link to the old file keeps what it had.
    /// </summary>
    /// <param name="path">The file. One that is there is replaced.</param>
    /// <param name="format">The format; by default safetensors where the name ends so, and PyTorch's zip format otherwise.</param>
    /// <param name="progress">Is told how many bytes of the tensors are written.</param>
    /// <param name="cancellationToken">Stops the writing; the file is left as it was.</param>
    /// <exception cref="ArgumentException">The format is one that is not written.</exception>
    /// <exception cref="NotSupportedException">The format does not have a tensor's type.</exception>
    /// <exception cref="WeightFileException">The tensors come from a file that contradicts itself.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it as it was given.</exception>
    public void Save(
        string path, WeightFormat? format = null, IProgress<ByteProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        WeightWriter.Write(this, path, format ?? FormatOf(path), progress, cancellationToken);
    }

    /// <summary>Closes the file. Its tensors can no longer be read.</summary>
    public void Dispose()
    {
        foreach (var thing in owned) thing.Dispose();
    }

    private static WeightFormat FormatOf(string path) =>
        path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? WeightFormat.Safetensors : WeightFormat.TorchZip;

    private static string HashOf(IEnumerable<string> hashes) =>
        Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(string.Concat(hashes))));

    private static Func<WeightContent, bool>? On(string source, Func<StateDict, bool>? fits) =>
        fits is null ? null : content => fits(new StateDict(source, null, content));
}
