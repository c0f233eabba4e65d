using Luma.Neural.Layers;

namespace Luma.Neural.Observation;

/// <summary>Notes what runs as a tree of rows. It keeps shapes, never a tensor.</summary>
internal sealed class SummaryObserver(NeuralModule network) : IForwardObserver
{
    private readonly ModulePaths paths = new(network);
    private readonly Stack<Entry> open = new();
    private Entry? root;

    public void Entered(NeuralModule module, Tensor input) => open.Push(Place(module));

    public void Left(NeuralModule module, Tensor input, Tensor output) => open.Pop().Finish(output);

    /// <summary>Sums up, once the network has run.</summary>
    public NetworkSummary Summarise(Tensor input)
    {
        var entries = root!.WithDescendants().ToList();
        CountParameters(entries);

        var indices = new Dictionary<int, int>();
        var row = root.ToRow(depth: 0, indices);
        var parameters = ParametersOf(network);
        return new(
            input.shape, row, Numbers(parameters), Numbers(Trainable(parameters)), row.MultiplyAdds,
            Bytes(input), entries.Sum(entry => entry.KeptBytes), parameters.Sum(Bytes));
    }

    // A layer's parameters count where it runs first. What is then left counts in the innermost block that has it: parameters
    // of the block's own, and those of children that did not run.
    private static void CountParameters(List<Entry> entries)
    {
        var counted = new HashSet<Parameter>(ReferenceEqualityComparer.Instance);
        var leaves = entries.Where(entry => entry.Children.Count == 0);
        var blocks = entries.Where(entry => entry.Children.Count > 0).Reverse();
        foreach (var entry in leaves.Concat(blocks))
        {
            entry.OwnParameters = Numbers(entry.Parameters.Where(counted.Add));
        }

        var seen = new HashSet<NeuralModule>(ReferenceEqualityComparer.Instance);
        foreach (var entry in entries)
        {
            var again = !seen.Add(entry.Module);
            var allCounted = entry is { Children.Count: 0, OwnParameters: 0 };
            entry.Reused = entry.Parameters.Count > 0 && (again || allCounted);
        }
    }

    private Entry Place(NeuralModule module)
    {
        if (!open.TryPeek(out var parent))
        {
            root = new Entry(module, "");
            return root;
        }

        var path = paths.Find(module, parent.Path);
        foreach (var (between, pathBetween) in paths.Between(parent.Path, path))
        {
            // Its owner calls the children of this block one by one: they share a row for it as long as nothing comes between.
            var last = parent.Children.LastOrDefault();
            parent = last is { OutputShape: null } && ReferenceEquals(last.Module, between) ? last : parent.Add(new(between, pathBetween));
        }
        return parent.Add(new(module, path ?? ""));
    }

    private static IReadOnlyList<Parameter> ParametersOf(NeuralModule module) =>
        [.. module.parameters().Distinct<Parameter>(ReferenceEqualityComparer.Instance)];

    private static IEnumerable<Parameter> Trainable(IEnumerable<Parameter> parameters) => parameters.Where(parameter => parameter.requires_grad);

    private static long Numbers(IEnumerable<Parameter> parameters) => parameters.Sum(parameter => parameter.NumberOfElements);

    private static long Bytes(Tensor tensor) => tensor.NumberOfElements * tensor.ElementSize;

    private static long Product(IEnumerable<long> sizes) => sizes.Aggregate(1L, (product, size) => product * size);

    /// <summary>A row in the making.</summary>
    private sealed class Entry(NeuralModule module, string path)
    {
        public NeuralModule Module { get; } = module;

        public string Path { get; } = path;

        public IReadOnlyList<Parameter> Parameters { get; } = ParametersOf(module);

        public List<Entry> Children { get; } = [];

        public long[]? OutputShape { get; private set; }

        public long KeptBytes { get; private set; }

        public long OwnParameters { get; set; }

        public bool Reused { get; set; }

        private long multiplyAdds;

        public Entry Add(Entry child)
        {
            Children.Add(child);
            return child;
        }

        public void Finish(Tensor output)
        {
            OutputShape = output.shape;
            if (Parameters.Count == 0 || Module.children().Any()) return;

            multiplyAdds = CountMultiplyAdds(OutputShape);
            KeptBytes = 2 * Bytes(output);
        }

        public IEnumerable<Entry> WithDescendants() => Children.SelectMany(child => child.WithDescendants()).Prepend(this);

        public SummaryRow ToRow(int depth, Dictionary<int, int> indices)
        {
            var index = indices[depth] = indices.GetValueOrDefault(depth) + 1;
            var children = Children.Select(child => child.ToRow(depth + 1, indices)).ToList();
            return new(
                Path, Module.GetName(), depth, index, OutputShape, Numbers(Parameters), Numbers(Trainable(Parameters)),
                OwnParameters, Reused, multiplyAdds + children.Sum(child => child.MultiplyAdds), children);
        }

        private long CountMultiplyAdds(long[] output) => Numbers(Parameters) * Module switch
        {
            Convolution => output[0] * Product(output.Skip(2)),
            Dense => Product(output.SkipLast(1)),
            _ => output.FirstOrDefault(1),
        };
    }
}
