using System.Collections;

namespace Luma.Neural.Blocks;

/// <summary>
/// Named branches that all see one input and whose outputs are laid side by side as channels, in the order of the branches:
/// <c>new Branches { { "branch1", left }, { "branch2", right } }</c>.
/// </summary>
/// <remarks>
/// Input <c>(N, C, ...)</c>, output <c>(N, C_1 + C_2 + ..., ...)</c>. A branch is a layer or a block; where PyTorch names the links
/// of a branch beside those of the others, each link is added after the one that it follows:
/// <c>{ "wide_1", first }, { "wide_2", second, "wide_1" }</c>. A link that several others follow runs once. No branch may begin with
/// an in-place layer: the others need the input too.
/// </remarks>
public class Branches : Block, IEnumerable<NeuralModule>
{
    private const int Input = -1;

    private readonly List<Link> links = [];

    /// <summary>Makes a block without branches; add at least one.</summary>
    public Branches() : base(nameof(Branches))
    {
    }

    /// <summary>Makes a block of a kind of its own.</summary>
    /// <param name="name">The kind of block, as it is shown to people.</param>
    protected Branches(string name) : base(name)
    {
    }

    /// <summary>Adds a branch.</summary>
    /// <param name="name">Its name: no dots, and not taken.</param>
    /// <param name="branch">The layer or block.</param>
    public void Add(string name, NeuralModule branch) => Add(name, branch, Input);

    /// <summary>Lets a branch go on.</summary>
    /// <param name="name">The link's name: no dots, and not taken.</param>
    /// <param name="link">The layer or block.</param>
    /// <param name="after">The name of the link whose output it takes.</param>
    /// <exception cref="ArgumentException">No link has that name.</exception>
    public void Add(string name, NeuralModule link, string after)
    {
        var source = links.FindIndex(earlier => earlier.Name == after);
        if (source == Input) throw new ArgumentException($"There is no link '{after}' before '{name}'.", nameof(after));

        links[source] = links[source] with { IsEnd = false };
        Add(name, link, source);
    }

    /// <inheritdoc/>
    public IEnumerator<NeuralModule> GetEnumerator() => links.Select(link => link.Module).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input)
    {
        var outputs = new Tensor[links.Count];
        List<Tensor> ends = [];
        for (var i = 0; i < outputs.Length; i++)
        {
            var (_, module, source, isEnd) = links[i];
            outputs[i] = module.call(source == Input ? input : outputs[source]);
            if (isEnd) ends.Add(outputs[i]);
        }
        return Ops.Concat([.. ends]);
    }

    private void Add(string name, NeuralModule module, int source)
    {
        ArgumentNullException.ThrowIfNull(module);
        links.Add(new(name, Register(name, module), source, IsEnd: true));
    }

    private readonly record struct Link(string Name, NeuralModule Module, int Source, bool IsEnd);
}
