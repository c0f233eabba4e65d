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
    /// the report lists is loaded, or an exception is thrown and the module is as it was.
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
    /// As in PyTorch, a batch norm's <c>num_batches_tracked</c> may be missing, in files that are older than it: it stays as it is.
    /// </remarks>
    /// <exception cref="WeightMismatchException">Loading is strict, and something does not match.</exception>
    /// <exception cref="WeightFileException">The state dict's file contradicts itself.</exception>
    /// <exception cref="ArgumentException"><paramref name="rename"/> gives two tensors the same name.</exception>
    public static LoadReport Load(this nn.Module module, StateDict weights, bool strict = true, Func<string, string?>? rename = null) =>
        Load(module, weights, strict, rename, fresh: []);

    /// <summary>Loads all but some names of the module, which are to keep their values.</summary>
    /// <param name="module">The module.</param>
    /// <param name="weights">The values.</param>
    /// <param name="strict">Whether everything must match.</param>
    /// <param name="rename">The module's name for a name of the state dict, or null.</param>
    /// <param name="fresh">The names of the module that keep their values.</param>
    /// <param name="map">Whether the module's tensors lie in the mapped file afterwards, where they can, and nothing is copied.</param>
    internal static LoadReport Load(
        nn.Module module, StateDict weights, bool strict, Func<string, string?>? rename, IReadOnlyList<string> fresh, bool map = false)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(weights);

        var targets = module.state_dict();
        var entries = Rename(weights, rename);
        List<(Tensor Target, TensorView View)> copies = [];
        List<string> loaded = [], missing = [];
        List<Mismatch> mismatched = [];
        foreach (var (name, target) in targets)
        {
            if (fresh.Contains(name)) continue;
            if (!entries.TryGetValue(name, out var entry))
            {
                if (name != Counter && !name.EndsWith($".{Counter}", StringComparison.Ordinal)) missing.Add(name);
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

        var report = new LoadReport(loaded, missing, unexpected, mismatched) { Fresh = fresh };
        if (strict && !report.IsComplete) throw new WeightMismatchException(weights.Source, module.GetName(), report);

        // All that can be wrong with the file shows itself here, before the first value changes.
        foreach (var (_, view) in copies) view.Locate();
        if (map) copies = Map(copies);
        Copy(copies);
        return report;
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

    private static string Describe(ScalarType type, IEnumerable<long> shape) => $"{type} ({string.Join(", ", shape)})";

    // Answers with what has to be copied all the same.
    private static List<(Tensor Target, TensorView View)> Map(List<(Tensor Target, TensorView View)> copies)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        List<(Tensor, TensorView)> rest = [];
        var end = 0L;
        foreach (var (target, view) in copies.OrderBy(copy => copy.View.Locate()))
        {
            // Tensors that share elements in the file are no longer to do so.
            var start = view.Locate();
            if (start >= end && target.device_type is DeviceType.CPU && target.dtype == view.Type.DType && view.Map() is { } mapped)
            {
                target.set_(mapped);
                end = start + view.ByteCount;
            }
            else
            {
                rest.Add((target, view));
            }
        }
        return rest;
    }

    private static unsafe void Copy(List<(Tensor Target, TensorView View)> copies)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        List<(TensorView View, long First, long Count, nint Target)> pieces = [];
        foreach (var (target, view) in copies)
        {
            if (view.Count == 0) continue;
            if (target.device_type is not DeviceType.CPU || !target.is_contiguous())
            {
                using var whole = new TensorEntry("", view).ToTensor();
                target.copy_(whole);
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
                Convert(view, target);
            }
        }
        Parallel.ForEach(pieces, piece => piece.View.CopyTo(piece.First, piece.Count, (byte*)piece.Target));
    }

    private static unsafe void Convert(TensorView view, Tensor target)
    {
        using var scope = NewDisposeScope();
        var flat = target.detach().view(-1);
        var length = Math.Min(PieceBytes / view.Type.Size, view.Count);
        var piece = empty([length], view.Type.DType);
        var address = TensorBytes.Address(piece);
        for (var first = 0L; first < view.Count; first += length)
        {
            var count = Math.Min(length, view.Count - first);
            view.CopyTo(first, count, address);
            using var step = NewDisposeScope();
            flat.narrow(0, first, count).copy_(piece.narrow(0, 0, count));
        }
    }
}
