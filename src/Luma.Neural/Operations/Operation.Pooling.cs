namespace Luma.Neural.Operations;

public abstract partial record Operation
{
    // The output is smaller than what is there already.
    private const double Shrinks = 0;

    /// <summary>
    /// The greatest element of a window that slides over one, two or three axes. Input: <c>x (N, C, ...)</c>.
    /// </summary>
    /// <param name="Kernel">The size of the window on each axis.</param>
    /// <param name="Stride">Its step.</param>
    /// <param name="Padding">How many of the least value come before the input on each axis, and after it.</param>
    /// <param name="Dilation">The distance between the elements of the window.</param>
    /// <param name="CeilMode">Whether the output's size is rounded up.</param>
    public sealed record MaxPool(Integers Kernel, Integers Stride, Integers Padding, Integers Dilation, bool CeilMode) : Operation
    {
        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) => Shrinks;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => Kernel.Count switch
        {
            1 => nn.functional.max_pool1d(inputs[0]!, Kernel[0], Stride[0], Padding[0], Dilation[0], CeilMode),
            2 => nn.functional.max_pool2d(inputs[0]!, Kernel.Array, Stride.Array, Padding.Array, Dilation.Array, CeilMode),
            _ => nn.functional.max_pool3d(inputs[0]!, Kernel.Array, Stride.Array, Padding.Array, Dilation.Array, CeilMode),
        };
    }

    /// <summary>The mean of a window that slides over one, two or three axes. Input: <c>x (N, C, ...)</c>.</summary>
    /// <param name="Kernel">The size of the window on each axis.</param>
    /// <param name="Stride">Its step.</param>
    /// <param name="Padding">How many zeros come before the input on each axis, and after it.</param>
    /// <param name="CeilMode">Whether the output's size is rounded up.</param>
    /// <param name="CountIncludePad">Whether the padding counts as elements.</param>
    public sealed record AveragePool(Integers Kernel, Integers Stride, Integers Padding, bool CeilMode, bool CountIncludePad) : Operation
    {
        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) => Shrinks;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => Kernel.Count switch
        {
            1 => nn.functional.avg_pool1d(inputs[0]!, Kernel[0], Stride[0], Padding[0], CeilMode, CountIncludePad),
            2 => nn.functional.avg_pool2d(inputs[0]!, Kernel.Array, Stride.Array, Padding.Array, CeilMode, CountIncludePad),
            _ => nn.functional.avg_pool3d(inputs[0]!, Kernel.Array, Stride.Array, Padding.Array, CeilMode, CountIncludePad),
        };
    }

    /// <summary>
    /// The means of as many windows as the output has elements, whatever the input's size. Input: <c>x (N, C, ...)</c>.
    /// </summary>
    /// <param name="OutputSize">The size of the output on each axis: 1 is global pooling.</param>
    public sealed record AdaptiveAveragePool(Integers OutputSize) : Operation
    {
        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) => Shrinks;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => OutputSize.Count switch
        {
            1 => nn.functional.adaptive_avg_pool1d(inputs[0]!, OutputSize[0]),
            2 => nn.functional.adaptive_avg_pool2d(inputs[0]!, OutputSize.Array),
            _ => nn.functional.adaptive_avg_pool3d(inputs[0]!, OutputSize.Array),
        };
    }
}
