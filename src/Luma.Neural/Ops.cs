namespace Luma.Neural;

/// <summary>An operation without a layer, with its attributes, as an <see cref="IForwardObserver"/> sees it.</summary>
public abstract partial record Operation
{
    private Operation()
    {
    }

    /// <summary>The input itself, as another tensor on the same memory.</summary>
    public sealed record Alias : Operation;

    /// <summary>The sum of two tensors.</summary>
    /// <param name="InPlace">Whether the sum takes the place of the first.</param>
    public sealed record Add(bool InPlace) : Operation;

    /// <summary>The product of two tensors, element by element.</summary>
    public sealed record Multiply : Operation;

    /// <summary>A tensor times a number.</summary>
    /// <param name="Factor">The number.</param>
    public sealed record Scale(double Factor) : Operation;

    /// <summary>Tensors side by side.</summary>
    /// <param name="Dimension">The dimension along which they lie.</param>
    public sealed record Concat(long Dimension) : Operation;

    /// <summary>Several dimensions made one.</summary>
    /// <param name="First">The first of them.</param>
    /// <param name="Last">The last of them; -1 is the tensor's last.</param>
    public sealed record Flatten(long First, long Last) : Operation;

    /// <summary>The same elements in another shape.</summary>
    /// <param name="Shape">The shape; one size may be -1.</param>
    public sealed record Reshape(IReadOnlyList<long> Shape) : Operation;

    /// <summary>The dimensions in another order.</summary>
    /// <param name="Dimensions">For each dimension of the output, the input's.</param>
    public sealed record Permute(IReadOnlyList<long> Dimensions) : Operation;

    /// <summary>The slices of a tensor at regular places along a dimension.</summary>
    /// <param name="Dimension">The dimension.</param>
    /// <param name="Start">The first slice.</param>
    /// <param name="Stop">The slice before which it ends; null is the tensor's end.</param>
    /// <param name="Step">The distance from one slice to the next.</param>
    public sealed record Slice(long Dimension, long Start, long? Stop, long Step) : Operation;

    /// <summary>A tensor with zeros before and behind it along a dimension.</summary>
    /// <param name="Dimension">The dimension.</param>
    /// <param name="Before">How many slices of zeros come first.</param>
    /// <param name="After">How many come last.</param>
    public sealed record ZeroPad(long Dimension, long Before, long After) : Operation;

    /// <summary>The matrix product, batched over the leading dimensions.</summary>
    public sealed record MatMul : Operation;
}

/// <summary>The operations that a forward pass needs and that no layer stands for. Each is observed as a layer is.</summary>
/// <remarks>
/// libtorch's numbers are disposed of where they are made: left to the garbage collector, they lie between tensors in memory, and
/// glibc before 2.38 then finds no room for tensors where others have been.
/// </remarks>
public static partial class Ops
{
    /// <summary>Another tensor on the same memory.</summary>
    /// <param name="input">Any tensor.</param>
    /// <returns>The alias.</returns>
    public static Tensor Alias(Tensor input)
    {
        var output = input.alias();
        Observation.Current?.Ran(new Operation.Alias(), [input], [output]);
        return output;
    }

    /// <summary>Adds two tensors, broadcasting as PyTorch does.</summary>
    /// <param name="left">One tensor.</param>
    /// <param name="right">The other.</param>
    /// <param name="inPlace">Whether the sum may take the place of <paramref name="left"/>, which is then lost.</param>
    /// <returns>The sum.</returns>
    public static Tensor Add(Tensor left, Tensor right, bool inPlace = false)
    {
        // In place under autograd, a rectifier that follows in place would write to a view, which costs a copy of the gradient.
        var overwrite = inPlace && !(is_grad_enabled() && left.requires_grad);
        using var one = 1.ToScalar();
        var sum = overwrite ? left.add_(right, one).alias() : left.add(right, one);
        Observation.Current?.Ran(new Operation.Add(inPlace), [left, right], [sum]);
        return sum;
    }

    /// <summary>Multiplies two tensors element by element, broadcasting as PyTorch does.</summary>
    /// <param name="left">One tensor.</param>
    /// <param name="right">The other.</param>
    /// <returns>The product.</returns>
    public static Tensor Multiply(Tensor left, Tensor right)
    {
        var product = left.mul(right);
        Observation.Current?.Ran(new Operation.Multiply(), [left, right], [product]);
        return product;
    }

    /// <summary>Multiplies a tensor by a number.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="factor">The number.</param>
    /// <returns>The product.</returns>
    public static Tensor Scale(Tensor input, double factor)
    {
        using var scalar = factor.ToScalar();
        var product = input.mul(scalar);
        Observation.Current?.Ran(new Operation.Scale(factor), [input], [product]);
        return product;
    }

    /// <summary>Lays tensors side by side.</summary>
    /// <param name="inputs">Tensors of one shape but for <paramref name="dimension"/>.</param>
    /// <param name="dimension">The dimension along which they lie: 1 is the channels of <c>(N, C, H, W)</c>.</param>
    /// <returns>The concatenation.</returns>
    public static Tensor Concat(IReadOnlyList<Tensor> inputs, long dimension = 1)
    {
        var output = cat([.. inputs], dimension);
        Observation.Current?.Ran(new Operation.Concat(dimension), inputs, [output]);
        return output;
    }

    /// <summary>Makes the dimensions from <paramref name="first"/> to <paramref name="last"/> one.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="first">The first dimension of them.</param>
    /// <param name="last">The last of them; -1 is the tensor's last.</param>
    /// <returns>The flattened tensor: <c>(N, C, H, W)</c> becomes <c>(N, C*H*W)</c>.</returns>
    public static Tensor Flatten(Tensor input, long first = 1, long last = -1)
    {
        var output = input.flatten(first, last);
        Observation.Current?.Ran(new Operation.Flatten(first, last), [input], [output]);
        return output;
    }

    /// <summary>Gives a tensor another shape.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="shape">The shape; one size may be -1.</param>
    /// <returns>The reshaped tensor.</returns>
    public static Tensor Reshape(Tensor input, params long[] shape)
    {
        var output = input.reshape(shape);
        Observation.Current?.Ran(new Operation.Reshape(shape), [input], [output]);
        return output;
    }

    /// <summary>Puts the dimensions in another order.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimensions">For each dimension of the output, the input's.</param>
    /// <returns>A view in that order.</returns>
    public static Tensor Permute(Tensor input, params long[] dimensions)
    {
        var output = input.permute(dimensions);
        Observation.Current?.Ran(new Operation.Permute(dimensions), [input], [output]);
        return output;
    }

    /// <summary>Takes the slices of a tensor at regular places along a dimension.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension.</param>
    /// <param name="start">The first slice.</param>
    /// <param name="stop">The slice before which to end; null is the tensor's end.</param>
    /// <param name="step">The distance from one slice to the next.</param>
    /// <returns>A view of them.</returns>
    public static Tensor Slice(Tensor input, long dimension, long start = 0, long? stop = null, long step = 1)
    {
        var output = input.slice(dimension, start, stop ?? long.MaxValue, step);
        Observation.Current?.Ran(new Operation.Slice(dimension, start, stop, step), [input], [output]);
        return output;
    }

    /// <summary>Puts zeros before and behind a tensor along a dimension.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="before">How many slices of zeros come first.</param>
    /// <param name="after">How many come last.</param>
    /// <returns>The longer tensor.</returns>
    public static Tensor ZeroPad(Tensor input, long dimension, long before = 0, long after = 0)
    {
        // libtorch takes a pair for each dimension, from the last one back to the one that is padded.
        var amounts = new long[2 * (input.Dimensions - dimension)];
        (amounts[^2], amounts[^1]) = (before, after);
        var output = nn.functional.pad(input, amounts);
        Observation.Current?.Ran(new Operation.ZeroPad(dimension, before, after), [input], [output]);
        return output;
    }

    /// <summary>Multiplies matrices, batched over the leading dimensions.</summary>
    /// <param name="left"><c>(..., R, K)</c></param>
    /// <param name="right"><c>(..., K, C)</c></param>
    /// <returns><c>(..., R, C)</c></returns>
    public static Tensor MatMul(Tensor left, Tensor right)
    {
        var product = left.matmul(right);
        Observation.Current?.Ran(new Operation.MatMul(), [left, right], [product]);
        return product;
    }
}
