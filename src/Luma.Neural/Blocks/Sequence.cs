using System.Collections;

namespace Luma.Neural.Blocks;

/// <summary>
/// Layers and blocks one after the other, numbered from 0 as in PyTorch's <c>Sequential</c> or named:
/// <c>new Sequence { new Flatten(), { "head", new Dense(84, 10) } }</c>.
/// </summary>
public class Sequence : Block, IReadOnlyList<NeuralModule>
{
    private readonly List<NeuralModule> links = [];

    /// <summary>Makes an empty sequence, which hands its input through.</summary>
    public Sequence() : this(nameof(Sequence))
    {
    }

    /// <summary>Makes an empty sequence of another kind, whose constructor adds the children.</summary>
    /// <param name="name">The kind of block, as it is shown to people.</param>
    protected Sequence(string name) : base(name)
    {
    }

    /// <summary>Makes a sequence of numbered children.</summary>
    /// <param name="children">The children in order.</param>
    public Sequence(IEnumerable<NeuralModule> children) : this()
    {
        ArgumentNullException.ThrowIfNull(children);
        foreach (var child in children) Add(child);
    }

    /// <summary>How many children there are.</summary>
    public int Count => links.Count;

    /// <summary>The child at a place.</summary>
    /// <param name="index">The place, from 0.</param>
    public NeuralModule this[int index] => links[index];

    /// <summary>Appends a child under the number of its place.</summary>
    /// <param name="child">The layer or block.</param>
    public void Add(NeuralModule child) => Add($"{links.Count}", child);

    /// <summary>Appends a child under a name.</summary>
    /// <param name="name">The name: no dots, and not taken.</param>
    /// <param name="child">The layer or block.</param>
    /// <exception cref="ArgumentException">The name is empty, has a dot, or is taken.</exception>
    public void Add(string name, NeuralModule child)
    {
        ArgumentNullException.ThrowIfNull(child);
        links.Add(Register(name, child));
    }

    /// <inheritdoc/>
    public IEnumerator<NeuralModule> GetEnumerator() => links.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input) => ComputeWith(input, extras: null);

    private protected sealed override Tensor ComputeWith(Tensor input, List<Tensor>? extras)
    {
        var current = input;
        foreach (var child in links)
        {
            var next = child.call(current);
            // Nobody else can have it: freeing each link at once keeps a long chain from holding all of its feature maps.
            if (!ReferenceEquals(current, input)) current.Dispose();
            current = next;
            if (extras is not null) Passed(child, current, extras);
        }
        return current;
    }

    // What a network with extra outputs makes of what a child gave.
    private protected virtual void Passed(NeuralModule child, Tensor output, List<Tensor> extras)
    {
    }
}
