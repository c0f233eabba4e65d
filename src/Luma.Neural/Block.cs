using Luma.Neural.Observation;

namespace Luma.Neural;

/// <summary>
/// A composite of layers and blocks. Its <see cref="Compute(Tensor)"/> only calls them and <see cref="Ops"/>; what it makes on the way
/// dies when it returns.
/// </summary>
/// <param name="name">The kind of block, as it is shown to people.</param>
public abstract class Block(string name) : NeuralModule(name)
{
    private bool registersByName;

    /// <summary>Runs the block's layers and blocks.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The output.</returns>
    protected abstract Tensor Compute(Tensor input);

    /// <summary>Runs the block in a dispose scope of its own, out of which only the output comes.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The output.</returns>
    public sealed override Tensor forward(Tensor input) => Run(input, extras: null);

    // What comes out besides the output, such as the logits of auxiliary heads, is put into extras where somebody asks for it.
    private protected Tensor Run(Tensor input, List<Tensor>? extras)
    {
        var observer = ForwardPass.Observer;
        observer?.Entered(this, input);

        using var scope = NewDisposeScope();
        var output = ComputeWith(input, extras);
        if (ReferenceEquals(output, input)) output = Ops.Identity(input);

        observer?.Left(this, input, output);
        extras?.ForEach(extra => extra.MoveToOuterDisposeScope());
        return output.MoveToOuterDisposeScope();
    }

    private protected virtual Tensor ComputeWith(Tensor input, List<Tensor>? extras) => Compute(input);

    /// <summary>Adds a child under PyTorch's name for it and returns it. The order of calls is the order of the state dict.</summary>
    /// <typeparam name="T">The child's type.</typeparam>
    /// <param name="name">PyTorch's name: the attribute's, or a number in a sequence.</param>
    /// <param name="child">The layer or block.</param>
    /// <returns>The child.</returns>
    /// <exception cref="ArgumentException">The name is empty, has a dot, or is taken.</exception>
    protected T Register<T>(string name, T child) where T : NeuralModule
    {
        registersByName = true;
        if (named_children().Any(other => other.name == name))
            throw new ArgumentException($"{GetName()} has a child {name} already.", nameof(name));

        register_module(name, child);
        return child;
    }

    /// <summary>
    /// Registers the fields as children under their own names, as TorchSharp does, unless <see cref="Register"/> has named them.
    /// </summary>
    protected sealed override void RegisterComponents()
    {
        if (!registersByName) base.RegisterComponents();
    }

    /// <summary>The kind of block.</summary>
    public override string ToString() => GetName();
}
