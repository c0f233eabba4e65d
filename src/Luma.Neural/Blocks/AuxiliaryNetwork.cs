namespace Luma.Neural.Blocks;

/// <summary>
/// A network as a list of named stages, with auxiliary heads that classify what a stage on the way gives, so that more gradient reaches
/// the first stages: Szegedy et al., "Going Deeper with Convolutions" (2014), section 5.
/// </summary>
/// <remarks>
/// <c>forward</c> gives the output of the last stage alone, in training as well; <see cref="ForwardWithAuxiliaries"/> runs the heads.
/// </remarks>
/// <param name="name">The kind of network, as it is shown to people.</param>
public abstract class AuxiliaryNetwork(string name) : Sequence(name)
{
    private readonly Dictionary<NeuralModule, NeuralModule> heads = [];

    /// <summary>Whether there are auxiliary heads.</summary>
    public bool HasAuxiliaries => heads.Count > 0;

    /// <summary>Runs the network and, in training, its auxiliary heads.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The network's output, and the heads' from the first to the last stage; none in evaluation, as in torchvision.</returns>
    public AuxiliaryOutput ForwardWithAuxiliaries(Tensor input)
    {
        List<Tensor> auxiliaries = [];
        return new(Run(input, auxiliaries), auxiliaries);
    }

    /// <summary>Adds an auxiliary head.</summary>
    /// <param name="name">PyTorch's name for it.</param>
    /// <param name="head">The block.</param>
    /// <param name="after">The name of the stage whose output it takes.</param>
    protected void Auxiliary(string name, Block head, string after) =>
        heads.Add((NeuralModule)named_children().Single(stage => stage.name == after).module, Register(name, head));

    private protected sealed override void Passed(NeuralModule child, Tensor output, List<Tensor> extras)
    {
        if (training && heads.TryGetValue(child, out var head)) extras.Add(head.call(output));
    }
}

/// <summary>What a network with auxiliary heads gives in training.</summary>
/// <param name="Output">The network's own output.</param>
/// <param name="Auxiliaries">The outputs of the heads, from the first to the last stage.</param>
public sealed record AuxiliaryOutput(Tensor Output, IReadOnlyList<Tensor> Auxiliaries);
