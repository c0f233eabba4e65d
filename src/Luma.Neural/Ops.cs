using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural;

/// <summary>How layers and blocks run operations, so that an <see cref="IForwardObserver"/> sees each of them.</summary>
/// <remarks>A forward pass touches tensors only through these: what is computed in another way cannot be recorded.</remarks>
public static class Ops
{
    private static readonly Operation.Identity identity = new();
    private static readonly Operation.Add add = new(InPlace: false), addInPlace = new(InPlace: true);
    private static readonly Operation.Multiply multiply = new();
    private static readonly Operation.Linear linear = new();
    private static readonly Operation.Exp exp = new();

    /// <summary>Runs an operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="inputs">Its inputs in the order that its kind states; null for an optional one that is left out.</param>
    /// <returns>Its output.</returns>
    public static Tensor Run(Operation operation, params ReadOnlySpan<Tensor?> inputs)
    {
        if (operation.IsShortened && MixedPrecision.Type is { } type) return RunIn(type, operation, inputs);

        var output = operation.Compute(inputs);
        ForwardPass.Observer?.Ran(operation, inputs, output);
        return output;
    }

    private static Tensor RunIn(ScalarType type, Operation operation, ReadOnlySpan<Tensor?> inputs)
    {
        using var scope = NewDisposeScope();
        var shorter = inputs.ToArray();
        foreach (ref var input in shorter.AsSpan())
        {
            if (input is not null && MixedPrecision.IsFor(input, type)) input = Cast(input, type);
        }

        var output = operation.Compute(shorter);
        ForwardPass.Observer?.Ran(operation, shorter, output);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>Gives another tensor on the same memory.</summary>
    /// <param name="input">Any tensor.</param>
    /// <returns>The other tensor.</returns>
    public static Tensor Identity(Tensor input) => Run(identity, input);

    /// <summary>Gives a tensor another type.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="type">The type.</param>
    /// <returns>Its values in that type.</returns>
    public static Tensor Cast(Tensor input, ScalarType type) => Run(new Operation.Cast(type), input);

    /// <summary>Adds two tensors, broadcasting as PyTorch does.</summary>
    /// <param name="left">One tensor.</param>
    /// <param name="right">The other.</param>
    /// <param name="inPlace">
    /// Whether the sum may take the place of <paramref name="left"/>, which is then lost. It does not while gradients are recorded: a
    /// rectifier that follows in place would write to a view, which costs a copy of the gradient.
    /// </param>
    /// <returns>The sum.</returns>
    public static Tensor Add(Tensor left, Tensor right, bool inPlace = false) =>
        Run(inPlace && !(is_grad_enabled() && left.requires_grad) ? addInPlace : add, left, right);

    /// <summary>Multiplies two tensors element by element, broadcasting as PyTorch does.</summary>
    /// <param name="left">One tensor.</param>
    /// <param name="right">The other.</param>
    /// <returns>The product.</returns>
    public static Tensor Multiply(Tensor left, Tensor right) => Run(multiply, left, right);

    /// <summary>Multiplies a tensor by a number.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="factor">The number.</param>
    /// <returns>The product.</returns>
    public static Tensor Scale(Tensor input, double factor) => Run(new Operation.Scale(factor), input);

    /// <summary>Takes e to the power of each element.</summary>
    /// <param name="input">Any tensor.</param>
    /// <returns>The powers.</returns>
    public static Tensor Exp(Tensor input) => Run(exp, input);

    /// <summary>Lowers the elements above a number to it.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="maximum">The number.</param>
    /// <returns>The elements.</returns>
    public static Tensor ClampMax(Tensor input, double maximum) => Run(new Operation.ClampMax(maximum), input);

    /// <summary>Divides the vectors along a dimension by their length.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension.</param>
    /// <param name="epsilon">What a smaller length is replaced by.</param>
    /// <returns>The vectors of length 1.</returns>
    public static Tensor Normalize(Tensor input, long dimension = -1, double epsilon = 1e-12) =>
        Run(new Operation.Normalize(dimension, P: 2, epsilon), input);

    /// <summary>Applies weights that a block owns as a dense layer would.</summary>
    /// <param name="input"><c>(..., L_in)</c></param>
    /// <param name="weight"><c>(L_out, L_in)</c></param>
    /// <param name="bias"><c>(L_out)</c>, or null.</param>
    /// <returns><c>(..., L_out)</c></returns>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias) => Run(linear, input, weight, bias);

    /// <summary>Scaled dot-product attention (Vaswani et al., "Attention Is All You Need", 2017, section 3.2.1).</summary>
    /// <param name="query"><c>(..., T, E)</c></param>
    /// <param name="key"><c>(..., S, E)</c></param>
    /// <param name="value"><c>(..., S, E_v)</c></param>
    /// <param name="mask">What is added to the weights before the softmax: broadcasts to <c>(..., T, S)</c>; or null.</param>
    /// <param name="scale">The factor on the products of query and key; null is the paper's, 1 / sqrt(E).</param>
    /// <param name="dropout">The probability that an attention weight is dropped; 0 in evaluation.</param>
    /// <returns><c>(..., T, E_v)</c></returns>
    public static Tensor Attention(
        Tensor query, Tensor key, Tensor value, Tensor? mask = null, double? scale = null, double dropout = 0) =>
        Run(new Operation.Attention(scale ?? Operation.Attention.DefaultScale(query), dropout), query, key, value, mask);

    /// <summary>Lays tensors side by side.</summary>
    /// <param name="inputs">Tensors of one shape but for <paramref name="dimension"/>.</param>
    /// <param name="dimension">The dimension along which they lie: 1 is the channels of <c>(N, C, H, W)</c>.</param>
    /// <returns>The concatenation.</returns>
    public static Tensor Concat(ReadOnlySpan<Tensor> inputs, long dimension = 1) => Run(new Operation.Concat(dimension), inputs!);

    /// <summary>Makes the dimensions from <paramref name="first"/> to <paramref name="last"/> one.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="first">The first dimension of them.</param>
    /// <param name="last">The last of them; -1 is the tensor's last.</param>
    /// <returns>The flattened tensor: <c>(N, C, H, W)</c> becomes <c>(N, C*H*W)</c>.</returns>
    public static Tensor Flatten(Tensor input, long first = 1, long last = -1) => Run(new Operation.Flatten(first, last), input);

    /// <summary>Makes one dimension several.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension; -1 is the tensor's last.</param>
    /// <param name="sizes">The sizes of what it becomes; one may be -1.</param>
    /// <returns>The tensor with more dimensions.</returns>
    public static Tensor Unflatten(Tensor input, long dimension, params Integers sizes) => Run(new Operation.Unflatten(dimension, sizes), input);

    /// <summary>Gives a tensor another shape.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="shape">The shape; one size may be -1.</param>
    /// <returns>The reshaped tensor.</returns>
    public static Tensor Reshape(Tensor input, params Integers shape) => Run(new Operation.Reshape(shape), input);

    /// <summary>Puts the dimensions in another order.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimensions">For each dimension of the output, the input's.</param>
    /// <returns>A view in that order.</returns>
    public static Tensor Permute(Tensor input, params Integers dimensions) => Run(new Operation.Permute(dimensions), input);

    /// <summary>Takes the slices of a tensor at regular places along a dimension.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension.</param>
    /// <param name="start">The first slice.</param>
    /// <param name="stop">The slice before which to end; null is the tensor's end.</param>
    /// <param name="step">The distance from one slice to the next.</param>
    /// <returns>A view of them.</returns>
    public static Tensor Slice(Tensor input, long dimension, long start = 0, long? stop = null, long step = 1) =>
        Run(new Operation.Slice(dimension, start, stop, step), input);

    /// <summary>Takes one element of a dimension.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension.</param>
    /// <param name="index">The element's place.</param>
    /// <returns>A view without that dimension.</returns>
    public static Tensor Select(Tensor input, long dimension, long index) => Run(new Operation.Select(dimension, index), input);

    /// <summary>Takes the slices of a tensor at named places.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension along which the slices lie.</param>
    /// <param name="index">The places: 64-bit integers of one dimension.</param>
    /// <returns>One slice for each place.</returns>
    public static Tensor IndexSelect(Tensor input, long dimension, Tensor index) => Run(new Operation.IndexSelect(dimension), input, index);

    /// <summary>Repeats a tensor along a dimension in which its size is 1, without copying.</summary>
    /// <param name="input">The tensor.</param>
    /// <param name="like">A tensor that has the size.</param>
    /// <param name="dimension">The dimension, from 0: the batch by default.</param>
    /// <returns>A view with the size of <paramref name="like"/> in that dimension.</returns>
    public static Tensor ExpandLike(Tensor input, Tensor like, int dimension = 0) => Run(new Operation.ExpandLike(dimension), input, like);

    /// <summary>Puts zeros before and behind a tensor along a dimension.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="before">How many slices of zeros come first.</param>
    /// <param name="after">How many come last.</param>
    /// <returns>The longer tensor.</returns>
    public static Tensor ZeroPad(Tensor input, int dimension, long before = 0, long after = 0)
    {
        var (first, last) = (new long[input.Dimensions], new long[input.Dimensions]);
        (first[dimension], last[dimension]) = (before, after);
        return Run(new Operation.Pad(first, last, PaddingModes.Constant, Value: 0), input);
    }

    /// <summary>Moves the elements along dimensions; what leaves at one end comes back at the other.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="shifts">By how much, for each of the dimensions; a negative number moves towards the start.</param>
    /// <param name="dimensions">The dimensions.</param>
    /// <returns>The moved elements.</returns>
    public static Tensor Roll(Tensor input, Integers shifts, Integers dimensions) => Run(new Operation.Roll(shifts, dimensions), input);

    /// <summary>The mask for attention in the windows of maps that have been rolled: see <see cref="Operation.ShiftMask"/>.</summary>
    /// <param name="height">The height of the maps, a multiple of the window's.</param>
    /// <param name="width">Their width, a multiple of the window's.</param>
    /// <param name="window">The side of a window.</param>
    /// <param name="shiftHeight">By how much the rows have been moved up.</param>
    /// <param name="shiftWidth">By how much the columns have been moved to the left.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="device">Where it is made.</param>
    /// <returns><c>(windows, 1, window^2, window^2)</c></returns>
    public static Tensor ShiftMask(
        long height, long width, long window, long shiftHeight, long shiftWidth, ScalarType type, Device device) =>
        Run(new Operation.ShiftMask(height, width, window, shiftHeight, shiftWidth, type, device.type, device.index));
}
