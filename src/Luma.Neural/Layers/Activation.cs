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

/// <summary>The rectifier that saturates at 6: min(max(0, x), 6), after Howard et al., "MobileNets" (2017).</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class ReLU6(bool inPlace = false) : Activation(nameof(ReLU6), inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Apply(Tensor input) => input.relu6();

    /// <inheritdoc/>
    protected override void ApplyInPlace(Tensor input) => input.relu6_();
}

/// <summary>The logistic function: 1 / (1 + exp(-x)).</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class Sigmoid(bool inPlace = false) : Activation(nameof(Sigmoid), inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Apply(Tensor input) => input.sigmoid();

    /// <inheritdoc/>
    protected override void ApplyInPlace(Tensor input) => input.sigmoid_();
}

/// <summary>The sigmoid-weighted linear unit, also called swish: x / (1 + exp(-x)).</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class SiLU(bool inPlace = false) : Activation(nameof(SiLU), inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Apply(Tensor input) => input.silu();

    /// <inheritdoc/>
    protected override void ApplyInPlace(Tensor input) => input.silu_();
}

/// <summary>
/// The sigmoid in straight lines: min(max(0, x + 3), 6) / 6, after Howard et al.,
/// "Searching for MobileNetV3" (2019), section 5.2.
/// </summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class Hardsigmoid(bool inPlace = false) : Activation(nameof(Hardsigmoid), inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Apply(Tensor input) => input.hardsigmoid();

    /// <inheritdoc/>
    protected override void ApplyInPlace(Tensor input) => input.hardsigmoid_();
}

/// <summary>The swish in straight lines: x * min(max(0, x + 3), 6) / 6, after the same section.</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class Hardswish(bool inPlace = false) : Activation(nameof(Hardswish), inPlace)
{
    /// <inheritdoc/>
    protected override Tensor Apply(Tensor input) => input.hardswish();

    /// <inheritdoc/>
    protected override void ApplyInPlace(Tensor input) => input.hardswish_();
}

/// <summary>The rectifier that leaks: x where x is positive, slope * x elsewhere.</summary>
public sealed class LeakyReLU : Activation
{
    /// <summary>Makes the function.</summary>
    /// <param name="negativeSlope">The slope for negative inputs.</param>
    /// <param name="inPlace">Whether the output may take the place of the input.</param>
    /// <exception cref="ArgumentOutOfRangeException">The slope is not a finite number.</exception>
    public LeakyReLU(double negativeSlope = 0.01, bool inPlace = false) : base(nameof(LeakyReLU), inPlace)
    {
        if (!double.IsFinite(negativeSlope))
            throw new ArgumentOutOfRangeException(nameof(negativeSlope), negativeSlope, "Must be a finite number.");
        NegativeSlope = negativeSlope;
    }

    /// <summary>The slope for negative inputs.</summary>
    public double NegativeSlope { get; }

    /// <inheritdoc/>
    protected override Tensor Apply(Tensor input)
    {
        using var slope = NegativeSlope.ToScalar();
        return input.leaky_relu(slope);
    }

    /// <inheritdoc/>
    protected override void ApplyInPlace(Tensor input)
    {
        using var slope = NegativeSlope.ToScalar();
        input.leaky_relu_(slope);
    }
}

/// <summary>
/// The Gaussian error linear unit: x times the normal distribution's cumulative function at x, after Hendrycks and Gimpel,
/// "Gaussian Error Linear Units" (2016).
/// </summary>
/// <remarks>Any shape in, the same shape out.</remarks>
public sealed class GELU : Layer
{
    /// <summary>Makes the function.</summary>
    /// <param name="approximation">How it is computed; exactly by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such approximation.</exception>
    public GELU(GELUApproximation approximation = GELUApproximation.None) : base(nameof(GELU))
    {
        if (!Enum.IsDefined(approximation))
            throw new ArgumentOutOfRangeException(nameof(approximation), approximation, "There is no such approximation.");
        Approximation = approximation;
    }

    /// <summary>How it is computed.</summary>
    public GELUApproximation Approximation { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Approximation == GELUApproximation.Tanh
        ? input.gelu(TorchSharp.Modules.GELU.Approximate.tanh)
        : input.gelu();
}

/// <summary>How <see cref="GELU"/> is computed.</summary>
public enum GELUApproximation
{
    /// <summary>Exactly, through the error function.</summary>
    None,

    /// <summary>Through tanh: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).</summary>
    Tanh,
}

/// <summary>Makes the numbers along one dimension positive with the sum 1: exp(x) / sum(exp(x)).</summary>
/// <remarks>Any shape that has the dimension in, the same shape out.</remarks>
/// <param name="dimension">The dimension; -1 is the tensor's last, the classes of <c>(N, L)</c>.</param>
public sealed class Softmax(long dimension = -1) : Layer(nameof(Softmax))
{
    /// <summary>The dimension along which the sum is 1.</summary>
    public long Dimension { get; } = dimension;

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({Dimension})";

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        var rank = input.Dimensions;
        if (Dimension < -rank || Dimension >= rank) throw InputMismatch($"a dimension {Dimension}", input);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => input.softmax(Dimension);
}
