using System.Diagnostics.CodeAnalysis;
using Luma.Neural;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Weights;

/// <summary>
/// The tensors of a network by name, in order: of a file, whose values are read from the mapped file when they are asked for, or of
/// a module. May be used by several threads.
/// </summary>
/// <remarks>
/// A file's format is recognised by its content. Weights that stand in a checkpoint under <c>state_dict</c>,
/// <c>model_state_dict</c>, <c>model</c> or <c>net</c> are found there; what stands beside them is ignored. Where every name begins
/// with <c>module.</c>, as <c>DataParallel</c> leaves them, that is taken off. Pickles are read by an interpreter that knows tensors
/// and plain data; anything else is refused by its name, and nothing in a file is ever run. As in PyTorch, the checksums in ZIP
/// archives are not compared: <c>torch.save</c> may be told to write none. A file must not be shortened while it is open.
/// </remarks>
public sealed class StateDict : IDisposable
{
    private readonly List<TensorEntry> entries;
    private readonly Dictionary<string, TensorEntry> byName = [];
    private readonly IReadOnlyList<IDisposable> owned;
    private bool isDerived;

    private StateDict(string source, WeightFormat? format, WeightContent content, params IReadOnlyList<IDisposable> owned)
    {
        (Source, Format, entries, Versions, this.owned) = (source, format, content.Entries, content.Versions, owned);
        foreach (var entry in entries) byName.Add(entry.Name, entry);
    }

    /// <summary>The file, or a name for what the tensors came from.</summary>
    public string Source { get; }

    /// <summary>The file's format, or null where the tensors come from no file.</summary>
    public WeightFormat? Format { get; }

    /// <summary>The tensors, in order.</summary>
    public IReadOnlyList<TensorEntry> Entries => entries;

    /// <summary>The names, in order.</summary>
    public IEnumerable<string> Names => entries.Select(entry => entry.Name);

    /// <summary>
    /// The versions of the modules by their names, the whole network's under the empty one, as PyTorch keeps them in <c>_metadata</c>.
    /// None where the tensors come from safetensors or from no module. PyTorch's zip format keeps them.
    /// </summary>
    public IReadOnlyDictionary<string, long> Versions { get; }

    /// <summary>The size of all tensors in bytes.</summary>
    public long ByteCount => entries.Sum(entry => entry.ByteCount);

    /// <summary>The tensor of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public TensorEntry this[string name] =>
        byName.TryGetValue(name, out var entry) ? entry : throw new KeyNotFoundException($"{Source} has no tensor '{name}'.");

    /// <summary>Opens a file and reads what it says of its tensors, not the tensors.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its tensors, until it is disposed of.</returns>
    /// <exception cref="WeightFileException">The file is damaged, hostile, or of a kind that is not read.</exception>
    /// <exception cref="IOException">The file is not there or cannot be opened.</exception>
    public static StateDict Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Read(ByteSource.Map(path));
    }

    /// <summary>Reads a stream, such as an embedded resource, to its end.</summary>
    /// <param name="stream">The stream, which stays open. Its bytes are held in memory.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <returns>Its tensors.</returns>
    /// <exception cref="WeightFileException">The bytes are damaged, hostile, or of a kind that is not read.</exception>
    public static StateDict Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream(stream.CanSeek ? checked((int)(stream.Length - stream.Position)) : 0);
        stream.CopyTo(bytes);
        return Read(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), name);
    }

    /// <summary>Reads bytes in memory.</summary>
    /// <param name="bytes">The bytes, which must not be changed afterwards.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <returns>Their tensors.</returns>
    /// <exception cref="WeightFileException">The bytes are damaged, hostile, or of a kind that is not read.</exception>
    public static StateDict Read(ReadOnlyMemory<byte> bytes, string name) => Read(ByteSource.Of(bytes, name));

    /// <summary>The parameters and buffers of a module, in PyTorch's order.</summary>
    /// <param name="module">The module. Its own tensors are shown: what changes in them later is seen.</param>
    /// <returns>The tensors.</returns>
    public static StateDict Of(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var versions = module.named_modules().Prepend(("", module)).ToDictionary(
            entry => entry.Item1, entry => entry.Item2 is NeuralModule known ? (long)known.StateVersion : 1);
        return Of(module.state_dict(), module.GetName(), versions);
    }

    /// <summary>Tensors by name.</summary>
    /// <param name="tensors">The tensors in order, which are shown, not copied, where they are on the CPU.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <returns>The tensors.</returns>
    /// <exception cref="ArgumentException">
    /// A tensor is sparse or of a type that weight files do not have, or a name comes twice.
    /// </exception>
    public static StateDict Of(IEnumerable<KeyValuePair<string, Tensor>> tensors, string name = "tensors")
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return Of(tensors, name, new Dictionary<string, long>());
    }

    private static StateDict Of(IEnumerable<KeyValuePair<string, Tensor>> tensors, string name, IReadOnlyDictionary<string, long> versions)
    {
        List<TensorEntry> entries = [];
        List<IDisposable> owned = [];
        foreach (var (key, tensor) in tensors)
        {
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
        return new StateDict(name, null, new(entries, versions), owned);
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
        foreach (var entry in entries)
        {
            if (rename(entry.Name) is not { } name) continue;
            if (!origins.TryAdd(name, entry.Name)) throw new WeightFileException(Source, $"'{origins[name]}' and '{entry.Name}' are both '{name}'");
            renamed.Add(new TensorEntry(name, entry.View));
        }
        return Derive(renamed, new Dictionary<string, long>());
    }

    /// <summary>The same tensors, some under other shapes with the same elements in the same order. This state dict must stay open.</summary>
    /// <param name="reshape">The new shape for a tensor, or null to leave it as it is. Shapes of other sizes are not taken.</param>
    internal StateDict Reshape(Func<TensorEntry, long[]?> reshape)
    {
        List<IDisposable> copies = [];
        return Derive([.. entries.Select(Reshaped)], Versions, copies);

        TensorEntry Reshaped(TensorEntry entry)
        {
            if (reshape(entry) is not { } shape || shape.Aggregate(1L, (product, size) => product * size) != entry.Count) return entry;
            if (entry.View.Reshape(shape) is { } view) return new TensorEntry(entry.Name, view);

            // Saved with the channels last, for one: the elements are put in order in memory.
            using var tensor = entry.ToTensor();
            var copy = tensor.reshape(shape).contiguous().DetachFromDisposeScope();
            copies.Add(copy);
            return Of([KeyValuePair.Create(entry.Name, copy)], Source).entries[0];
        }
    }

    /// <summary>The same tensors with another one under a name. This state dict must stay open.</summary>
    /// <param name="name">A name that is there.</param>
    /// <param name="value">The tensor, which is taken over.</param>
    internal StateDict Replace(string name, Tensor value)
    {
        var replacement = Of([KeyValuePair.Create(name, value)], Source)[name];
        return Derive([.. entries.Select(entry => entry.Name == name ? replacement : entry)], Versions, value.DetachFromDisposeScope());
    }

    /// <summary>The same tensors and more of them. This state dict must stay open.</summary>
    /// <param name="added">The tensors by names that are not there, which are taken over.</param>
    internal StateDict With(IReadOnlyCollection<KeyValuePair<string, Tensor>> added)
    {
        foreach (var (_, tensor) in added) tensor.DetachFromDisposeScope();
        return Derive([.. entries, .. Of(added, Source).entries], Versions, [.. added.Select(entry => entry.Value)]);
    }

    // What one turn has made, the next one keeps: only the last in a row is disposed of.
    private StateDict Derive(List<TensorEntry> turned, IReadOnlyDictionary<string, long> versions, params IReadOnlyList<IDisposable> made) =>
        new(Source, Format, new(turned, versions), isDerived ? [.. owned, .. made] : made) { isDerived = true };

    /// <summary>Writes the tensors to a file: to a temporary one beside it, which then takes its place.</summary>
    /// <param name="path">The file. One that is there is replaced.</param>
    /// <param name="format">The format; by default safetensors where the name ends so, and PyTorch's zip format otherwise.</param>
    /// <param name="progress">Is told how many bytes of the tensors are written.</param>
    /// <param name="cancellationToken">Stops the writing; the file is left as it was.</param>
    /// <exception cref="ArgumentException">The format is one that is not written.</exception>
    /// <exception cref="NotSupportedException">The format does not have a tensor's type.</exception>
    /// <exception cref="WeightFileException">The tensors come from a file that contradicts itself.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
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

    private static StateDict Read(ByteSource source)
    {
        try
        {
            var (format, content) = WeightReader.Read(source);
            return new StateDict(source.Name, format, content, source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}
