namespace Luma.Neural.Layers;

/// <summary>A function of each element; any shape in, the same shape out.</summary>
/// <param name="name">The function's name.</param>
/// <param name="inPlace">Whether the output may take the place of the input, whose values are then lost.</param>
public abstract class Activation(string name, bool inPlace) : Layer(name)
{
    /// <summary>Whether the output takes the place of the input.</summary>
    public bool InPlace { get; } = inPlace;

    /// <summary>The function, as a new tensor.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The output.</returns>
    protected abstract Tensor Apply(Tensor input);

    /// <summary>The function, over the input's own values.</summary>
    /// <param name="input">The input, which holds the output afterwards.</param>
    protected abstract void ApplyInPlace(Tensor input);

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input)
    {
        if (!InPlace) return Apply(input);

        ApplyInPlace(input);
        return input.alias();
    }
}

/// <summary>The rectifier: max(0, x).</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class ReLU(bool inPlace = false) : Activation(nameof(ReLU), inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Apply(Tensor input) => input.relu();

    /// <inheritdoc/>
    protected override void ApplyInPlace(Tensor input) => input.relu_();
}

/// <summary>The hyperbolic tangent.</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class Tanh(bool inPlace = false) : Activation(nameof(Tanh), inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Apply(Tensor input) => input.tanh();

    /// <inheritdoc/>
    protected override void ApplyInPlace(Tensor input) => input.tanh_();
}
