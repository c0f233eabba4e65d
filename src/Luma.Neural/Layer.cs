using Luma.Neural.Observation;

namespace Luma.Neural;

/// <summary>
/// A leaf of a network: it owns its parameters, under PyTorch's names, and runs one operation on them, which it makes once, or a few.
/// </summary>
/// <param name="name">The kind of layer, as it is shown to people.</param>
public abstract class Layer(string name) : NeuralModule(name)
{
    /// <summary>Runs the layer's operations by <see cref="Ops"/>.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The output. Never the object that was given: where there is nothing to do, <see cref="Ops.Identity"/> of it.</returns>
    protected abstract Tensor Compute(Tensor input);

    /// <summary>Refuses an input that the layer cannot take, by throwing <see cref="NeuralModule.InputMismatch"/>.</summary>
    /// <param name="input">The input.</param>
    protected virtual void Check(Tensor input)
    {
    }

    /// <summary>Checks the input, computes the output, and tells the observer, if any.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The output.</returns>
    /// <exception cref="InputShapeException">The input's shape is not one that the layer takes.</exception>
    public sealed override Tensor forward(Tensor input)
    {
        Check(input);
        var observer = ForwardPass.Observer;
        observer?.Entered(this, input);
        var output = Compute(input);
        observer?.Left(this, input, output);
        return output;
    }

    /// <summary>The kind of layer and what it maps to what, such as <c>Convolution2D(3 -> 64)</c>.</summary>
    public override string ToString() => GetName();
}
