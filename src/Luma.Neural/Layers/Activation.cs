using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>A function of each element; any shape in, the same shape out.</summary>
public abstract class Activation : Layer
{
    private readonly Operation.Activation operation;

    private protected Activation(string name, Operation.Activation operation) : base(name) => this.operation = operation;

    /// <summary>Whether the output takes the place of the input.</summary>
    public bool InPlace => operation.InPlace;

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input) => Ops.Run(operation, input);
}

/// <summary>The rectifier: max(0, x).</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class ReLU(bool inPlace = false) : Activation(nameof(ReLU), new Operation.ReLU(inPlace));

/// <summary>The hyperbolic tangent.</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class Tanh(bool inPlace = false) : Activation(nameof(Tanh), new Operation.Tanh(inPlace));

/// <summary>The rectifier that saturates at 6: min(max(0, x), 6), after Howard et al., "MobileNets" (2017).</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class ReLU6(bool inPlace = false) : Activation(nameof(ReLU6), new Operation.ReLU6(inPlace));

/// <summary>The logistic function: 1 / (1 + exp(-x)).</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class Sigmoid(bool inPlace = false) : Activation(nameof(Sigmoid), new Operation.Sigmoid(inPlace));

/// <summary>The sigmoid-weighted linear unit, also called swish: x / (1 + exp(-x)).</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class SiLU(bool inPlace = false) : Activation(nameof(SiLU), new Operation.SiLU(inPlace));

/// <summary>
/// The sigmoid in straight lines: min(max(0, x + 3), 6) / 6, after Howard et al.,
/// "Searching for MobileNetV3" (2019), section 5.2.
/// </summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class Hardsigmoid(bool inPlace = false) : Activation(nameof(Hardsigmoid), new Operation.Hardsigmoid(inPlace));

/// <summary>The swish in straight lines: x * min(max(0, x + 3), 6) / 6, after the same section.</summary>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
public sealed class Hardswish(bool inPlace = false) : Activation(nameof(Hardswish), new Operation.Hardswish(inPlace));

/// <summary>The rectifier that leaks: x where x is positive, slope * x elsewhere.</summary>
/// <param name="negativeSlope">The slope for negative inputs.</param>
/// <param name="inPlace">Whether the output may take the place of the input.</param>
/// <exception cref="ArgumentOutOfRangeException">The slope is not a finite number.</exception>
public sealed class LeakyReLU(double negativeSlope = 0.01, bool inPlace = false)
    : Activation(nameof(LeakyReLU), new Operation.LeakyReLU(Finite(negativeSlope), inPlace))
{
    /// <summary>The slope for negative inputs.</summary>
    public double NegativeSlope { get; } = negativeSlope;

    private static double Finite(double negativeSlope) => double.IsFinite(negativeSlope)
        ? negativeSlope
        : throw new ArgumentOutOfRangeException(nameof(negativeSlope), negativeSlope, "Must be a finite number.");
}

/// <summary>
/// The Gaussian error linear unit: x times the normal distribution's cumulative function at x, after Hendrycks and Gimpel,
/// "Gaussian Error Linear Units" (2016).
/// </summary>
/// <remarks>Any shape in, the same shape out.</remarks>
public sealed class GELU : Layer
{
    private readonly Operation.GELU operation;

    /// <summary>Makes the function.</summary>
    /// <param name="approximation">How it is computed; exactly by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such approximation.</exception>
    public GELU(GELUApproximation approximation = GELUApproximation.None) : base(nameof(GELU))
    {
        if (!Enum.IsDefined(approximation))
            throw new ArgumentOutOfRangeException(nameof(approximation), approximation, "There is no such approximation.");
        operation = new(approximation);
    }

    /// <summary>How it is computed.</summary>
    public GELUApproximation Approximation => operation.Approximation;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Ops.Run(operation, input);
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
    private readonly Operation.Softmax operation = new(dimension);

    /// <summary>The dimension along which the sum is 1.</summary>
    public long Dimension => operation.Dimension;

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({Dimension})";

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        var rank = input.Dimensions;
        if (Dimension < -rank || Dimension >= rank) throw InputMismatch($"a dimension {Dimension}", input);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Ops.Run(operation, input);
}
