namespace Luma.Neural.Operations;

public abstract partial record Operation
{
    /// <summary>Several dimensions made one. Input: any tensor.</summary>
    /// <param name="First">The first of them; a negative number counts from the end.</param>
    /// <param name="Last">The last of them; -1 is the tensor's last.</param>
    public sealed record Flatten(long First, long Last) : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.flatten(First, Last);
    }

    /// <summary>One dimension made several. Input: any tensor.</summary>
    /// <param name="Dimension">The dimension; a negative number counts from the end.</param>
    /// <param name="Sizes">The sizes of what it becomes; one may be -1, which takes what is left.</param>
    public sealed record Unflatten(long Dimension, Integers Sizes) : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        // TorchSharp counts from the start alone.
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) =>
            inputs[0]!.unflatten(Dimension < 0 ? Dimension + inputs[0]!.Dimensions : Dimension, Sizes.Array);
    }

    /// <summary>The same elements in another shape. Input: any tensor.</summary>
    /// <param name="Shape">The shape; one size may be -1, which takes what is left.</param>
    public sealed record Reshape(Integers Shape) : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.reshape(Shape.Array);
    }

    /// <summary>The dimensions in another order. Input: any tensor.</summary>
    /// <param name="Dimensions">For each dimension of the output, the input's.</param>
    public sealed record Permute(Integers Dimensions) : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.permute(Dimensions.Array);
    }

    /// <summary>The slices of a tensor at regular places along a dimension. Input: any tensor.</summary>
    /// <param name="Dimension">The dimension.</param>
    /// <param name="Start">The first slice.</param>
    /// <param name="Stop">The slice before which it ends; null is the tensor's end.</param>
    /// <param name="Step">The distance from one slice to the next.</param>
    public sealed record Slice(long Dimension, long Start, long? Stop, long Step) : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.slice(Dimension, Start, Stop ?? long.MaxValue, Step);
    }

    /// <summary>One element of a dimension, which is gone afterwards. Input: any tensor.</summary>
    /// <param name="Dimension">The dimension.</param>
    /// <param name="Index">The element's place.</param>
    public sealed record Select(long Dimension, long Index) : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.select(Dimension, Index);
    }

    /// <summary>Slices of a tensor at places that another tensor names. Inputs: the tensor, and 64-bit integers of one dimension.</summary>
    /// <param name="Dimension">The dimension along which the slices lie.</param>
    public sealed record IndexSelect(long Dimension) : Operation
    {
        private protected override (int Required, int Optional) Arity => (2, 0);

        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) =>
            inputs[0]!.size((int)Dimension) is > 0 and var size ? (double)inputs[0]!.NumberOfElements / size * inputs[1]!.NumberOfElements : 0;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.index_select(Dimension, inputs[1]!);
    }

    /// <summary>Tensors side by side. Inputs: any number of tensors, of one shape but for the dimension.</summary>
    /// <param name="Dimension">The dimension along which they lie.</param>
    public sealed record Concat(long Dimension) : Operation
    {
        private protected override (int Required, int Optional) Arity => (1, Any);

        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs)
        {
            var sum = 0.0;
            foreach (var input in inputs) sum += input?.NumberOfElements ?? 0;
            return sum;
        }

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) =>
            // Of a single tensor libtorch makes a view, which would share its memory.
            inputs.Length == 1 ? inputs[0]!.clone() : cat(inputs!, Dimension);
    }

    /// <summary>
    /// A tensor repeated along a dimension in which its size is 1, to the size of another tensor, without copying: one token for every
    /// image of a batch. Inputs: the tensor, and the one that has the size.
    /// </summary>
    /// <param name="Dimension">The dimension.</param>
    public sealed record ExpandLike(int Dimension) : Operation
    {
        /// <inheritdoc/>
        public override bool MayShareMemory() => true;

        private protected override (int Required, int Optional) Arity => (2, 0);

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            Span<long> sizes = stackalloc long[(int)inputs[0]!.Dimensions];
            sizes.Fill(-1);
            sizes[Dimension] = inputs[1]!.size(Dimension);
            return inputs[0]!.expand(sizes);
        }
    }

    /// <summary>A tensor with more around it. Input: any tensor.</summary>
    /// <param name="Before">How much comes before it in each of its dimensions.</param>
    /// <param name="After">How much comes after it.</param>
    /// <param name="Mode">
    /// What it is: a number, or the tensor's own elements reflected, repeated or continued, which only the spatial axes of
    /// <c>(N, C, ...)</c> can be.
    /// </param>
    /// <param name="Value">The number, where it is one.</param>
    public sealed record Pad(Integers Before, Integers After, PaddingModes Mode, double Value) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            // libtorch reflects, repeats and continues spatial axes alone, and wants an amount for each of them.
            var first = Mode == PaddingModes.Constant ? 0 : 2;
            return nn.functional.pad(inputs[0]!, PairsFromTheLast(Before.Array[first..], After.Array[first..]), Mode, Value);
        }
    }

    /// <summary>The elements moved along dimensions; what leaves at one end comes back at the other. Input: any tensor.</summary>
    /// <param name="Shifts">By how much, for each of the dimensions; a negative number moves towards the start.</param>
    /// <param name="Dimensions">The dimensions.</param>
    public sealed record Roll(Integers Shifts, Integers Dimensions) : Operation
    {
        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs) => inputs[0]!.roll(Shifts.Array, Dimensions.Array);
    }

    /// <summary>
    /// The mask for attention in the windows of maps that have been rolled: -100 between two pixels that were no neighbours before, 0
    /// elsewhere. Liu et al., "Swin Transformer" (2021), section 3.2 and figure 4. It has no inputs. Output
    /// <c>(windows, 1, window^2, window^2)</c>.
    /// </summary>
    /// <param name="Height">The height of the maps, a multiple of the window's.</param>
    /// <param name="Width">Their width, a multiple of the window's.</param>
    /// <param name="Window">The side of a window.</param>
    /// <param name="ShiftHeight">By how much the rows have been moved up.</param>
    /// <param name="ShiftWidth">By how much the columns have been moved to the left.</param>
    /// <param name="Type">The type of the mask's elements.</param>
    /// <param name="DeviceType">The kind of device that it is made on.</param>
    /// <param name="DeviceIndex">Which of these devices; -1 for the current one.</param>
    public sealed record ShiftMask(
        long Height, long Width, long Window, long ShiftHeight, long ShiftWidth, ScalarType Type, DeviceType DeviceType, int DeviceIndex) : Operation
    {
        private protected override (int Required, int Optional) Arity => (0, 0);

        internal override double LeastElements(ReadOnlySpan<Tensor?> inputs) => Shrinks;

        private protected override Tensor Evaluate(ReadOnlySpan<Tensor?> inputs)
        {
            using var scope = NewDisposeScope();
            // Each pixel's region: those of one region were neighbours, or as near as the window is wide.
            var regions = Regions(Height, ShiftHeight).Times(3).unsqueeze(1).Plus(Regions(Width, ShiftWidth));
            regions = regions.view(Height / Window, Window, Width / Window, Window).permute(0, 2, 1, 3).reshape(-1, 1, Window * Window);
            return regions.unsqueeze(2).ne(regions.unsqueeze(3)).to(Type).Times(-100).MoveToOuterDisposeScope();
        }

        // 0 in all windows but the last, there 1, and 2 where the start has come round to the end.
        private Tensor Regions(long size, long shift)
        {
            var places = ScalarArithmetic.Range(0, size).to(new Device(DeviceType, DeviceIndex));
            return places.IsAtLeast(size - Window).to(int64).Plus(places.IsAtLeast(size - shift));
        }
    }
}
