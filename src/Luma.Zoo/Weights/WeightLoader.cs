using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Weights;

/// <summary>Loads state dicts into modules.</summary>
public static class WeightLoader
{
    private const long PieceBytes = 8L << 20;

    // What batch norm has counted, which files older than PyTorch 0.4.1 do not know.
    private const string Counter = "num_batches_tracked";

    /// <summary>
    /// Gives the parameters and buffers of a module the values of a state dict, converted to their types. Either everything that
    /// the report lists is loaded, or an exception is thrown and the module is as it was, also where the file fails midway.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="weights">The values.</param>
    /// <param name="strict">
    /// Whether every name must have its counterpart and every tensor must fit. Otherwise what does not is left out and reported.
    /// </param>
    /// <param name="rename">
    /// The module's name for a name of the state dict, or null for a tensor to leave out without a word; by default the names are
    /// the same.
    /// </param>
    /// <returns>What was loaded, and what did not match.</returns>
    /// <remarks>
    /// Where the names fit but for a beginning that all of the module's have in the file, such as <c>model.</c>, strict loading takes it
    /// off, and the report says so. As in PyTorch, a batch norm's <c>num_batches_tracked</c> may be missing, in files that are older than it: it stays as it is.
    /// </remarks>
    /// <exception cref="WeightMismatchException">Loading is strict, and something does not match.</exception>
    /// <exception cref="WeightFileException">The state dict's file contradicts itself, or was changed.</exception>
    /// <exception cref="ArgumentException"><paramref name="rename"/> gives two tensors the same name.</exception>
    public static LoadReport Load(this nn.Module module, StateDict weights, bool strict = true, Func<string, string?>? rename = null) =>
        Load(module, weights, strict, rename, fresh: []);

    /// <summary>Loads all but some names of the module, which are to keep their values.</summary>
    /// <param name="module">The module.</param>
    /// <param name="weights">The values.</param>
    /// <param name="strict">Whether everything must match.</param>
    /// <param name="rename">The module's name for a name of the state dict, or null.</param>
    /// <param name="fresh">The names of the module that keep their values.</param>
    /// <param name="take">
    /// Whether the module takes over the tensors where it can, and nothing is copied: they lie in the mapped file afterwards, or in the
    /// memory that the file was read into. Nobody else may use the state dict then.
    /// </param>
    internal static LoadReport Load(
        nn.Module module, StateDict weights, bool strict, Func<string, string?>? rename, IReadOnlyList<string> fresh, bool take = false)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(weights);

        var (report, copies) = Match(module, weights, strict, rename, fresh);
        Commit(copies, weights.Source, take);
        return report;
    }

    /// <summary>Makes sure that weights could be loaded strictly, and loads nothing.</summary>
    /// <exception cref="WeightMismatchException">Something does not match.</exception>
    internal static LoadReport Check(nn.Module module, StateDict weights) => Match(module, weights, strict: true, rename: null, fresh: []).Report;

    /// <summary>Whether a name is that of a batch norm's counter, which old files lack.</summary>
    internal static bool IsCounter(string name) => name == Counter || name.EndsWith($".{Counter}", StringComparison.Ordinal);

    /// <summary>Whether tensors are a module's by their names.</summary>
    internal static bool HasNames(StateDict weights, IReadOnlyDictionary<string, Tensor> targets) =>
        weights.Names.All(targets.ContainsKey) && targets.Keys.All(name => IsCounter(name) || weights.Contains(name));

    private static (LoadReport Report, List<(Tensor Target, TensorView View)> Copies) Match(
        nn.Module module, StateDict weights, bool strict, Func<string, string?>? rename, IReadOnlyList<string> fresh)
    {
        var targets = module.state_dict();
        if (strict && rename is null && weights.Fit(candidate => HasNames(candidate, targets)) is { } fitting) weights = fitting;
        var entries = Rename(weights, rename);
        List<(Tensor Target, TensorView View)> copies = [];
        List<string> loaded = [], missing = [];
        List<Mismatch> mismatched = [];
        foreach (var (name, target) in targets)
        {
            if (fresh.Contains(name)) continue;
            if (!entries.TryGetValue(name, out var entry))
            {
                if (!IsCounter(name)) missing.Add(name);
            }
            else if (!Fits(entry, target))
            {
                mismatched.Add(new Mismatch(name, Describe(target.dtype, target.shape), Describe(entry.DType, entry.Shape)));
            }
            else
            {
                loaded.Add(name);
                copies.Add((target, entry.View));
            }
        }
        var unexpected = entries.Where(entry => !targets.ContainsKey(entry.Key)).Select(entry => entry.Value.Name).ToList();

        var report = new LoadReport(loaded, missing, unexpected, mismatched)
        {
            Fresh = fresh,
            Selection = weights.Selection,
            Unread = weights.Unread,
            UnexpectedComplex = unexpected.Find(name => weights.TryGet(name, out var entry) && entry.View.Type.IsComplex),
            IsForOtherClasses = missing.Count == 0 && unexpected.Count == 0
                && mismatched.TrueForAll(item => HaveOtherFirstSizes(entries[item.Name].Shape, targets[item.Name].shape)),
        };
        if (strict && !report.IsComplete) throw new WeightMismatchException(weights.Source, module.GetName(), report);
        return (report, copies);
    }

    private static Dictionary<string, TensorEntry> Rename(StateDict weights, Func<string, string?>? rename)
    {
        Dictionary<string, TensorEntry> entries = [];
        foreach (var entry in weights.Entries)
        {
            var name = rename is null ? entry.Name : rename(entry.Name);
            if (name is not null && !entries.TryAdd(name, entry))
                throw new ArgumentException($"'{entry.Name}' and '{entries[name].Name}' both become '{name}'.", nameof(rename));
        }
        return entries;
    }

    // A complex number has no place in a real one.
    private static bool Fits(TensorEntry entry, Tensor target) =>
        entry.Shape.SequenceEqual(target.shape) && (!entry.View.Type.IsComplex || target.is_complex());

    private static bool HaveOtherFirstSizes(IReadOnlyList<long> actual, long[] expected) =>
        actual.Count == expected.Length && expected.Length > 0 && actual[0] != expected[0] && actual.Skip(1).SequenceEqual(expected[1..]);

    private static string Describe(ScalarType type, IEnumerable<long> shape) => $"{type} ({string.Join(", ", shape)})";

    // Everything that can fail comes before the first value changes.
    private static unsafe void Commit(List<(Tensor Target, TensorView View)> all, string source, bool take)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        List<IDisposable> memory = [];
        try
        {
            foreach (var (_, view) in all) view.Locate();
            List<(Tensor Target, Tensor Value)> taken = [];
            var rest = take ? Take(all, taken) : all;
            rest = IntoMemory(rest, source, memory);

            List<(Tensor Target, Tensor Value)> staged = [];
            List<(TensorView View, Tensor Target)> converted = [];
            List<(TensorView View, long First, long Count, nint Target)> pieces = [];
            foreach (var (target, view) in rest)
            {
                if (view.Count == 0) continue;
                if (target.device_type is not DeviceType.CPU || !target.is_contiguous())
                {
                    staged.Add((target, new TensorEntry("", view).ToTensor()));
                }
                else if (target.dtype == view.Type.DType)
                {
                    var address = (nint)TensorBytes.Address(target);
                    var length = PieceBytes / view.Type.Size;
                    for (var first = 0L; first < view.Count; first += length)
                        pieces.Add((view, first, Math.Min(length, view.Count - first), address + (nint)(first * view.Type.Size)));
                }
                else
                {
                    converted.Add((view, target));
                }
            }
            var rooms = converted.GroupBy(copy => copy.View.Type).ToDictionary(
                type => type.Key, type => empty([Math.Min(PieceBytes / type.Key.Size, type.Max(copy => copy.View.Count))], type.Key.DType));

            foreach (var (target, value) in taken) target.set_(value);
            foreach (var (target, value) in staged) target.copy_(value);
            foreach (var (view, target) in converted) Convert(view, target, rooms[view.Type]);
            StorageReader.InParallel(pieces, piece => piece.View.CopyTo(piece.First, piece.Count, (byte*)piece.Target));
            GC.KeepAlive(all);
        }
        finally
        {
            memory.ForEach(block => block.Dispose());
        }
    }

    // Answers with what has to be copied all the same.
    private static List<(Tensor Target, TensorView View)> Take(List<(Tensor Target, TensorView View)> all, List<(Tensor, Tensor)> taken)
    {
        List<(Tensor, TensorView)> rest = [];
        foreach (var source in all.GroupBy(copy => copy.View.Storage.Source))
        {
            var end = 0L;
            foreach (var (target, view) in source.OrderBy(copy => copy.View.Locate()))
            {
                // Tensors that share elements in the file are no longer to do so.
                var start = view.Locate();
                if (start >= end && target.device_type is DeviceType.CPU && target.dtype == view.Type.DType && view.Map() is { } mapped)
                {
                    taken.Add((target, mapped));
                    end = start + view.ByteCount;
                }
                else
                {
                    rest.Add((target, view));
                }
            }
        }
        return rest;
    }

    private static List<(Tensor Target, TensorView View)> IntoMemory(
        List<(Tensor Target, TensorView View)> copies, string source, List<IDisposable> memory)
    {
        if (copies.TrueForAll(copy => copy.View.Storage.Source.IsInMemory)) return copies;
        var read = StorageReader.Read([.. copies.Select(copy => new TensorEntry("", copy.View))], source, keepMapped: false, memory);
        return [.. copies.Zip(read, (copy, entry) => (copy.Target, entry.View))];
    }

    private static unsafe void Convert(TensorView view, Tensor target, Tensor room)
    {
        using var scope = NewDisposeScope();
        var flat = target.detach().view(-1);
        var length = room.NumberOfElements;
        var address = TensorBytes.Address(room);
        for (var first = 0L; first < view.Count; first += length)
        {
            var count = Math.Min(length, view.Count - first);
            view.CopyTo(first, count, address);
            using var step = NewDisposeScope();
            flat.narrow(0, first, count).copy_(room.narrow(0, 0, count));
        }
    }
}
