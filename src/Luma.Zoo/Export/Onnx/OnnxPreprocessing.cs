using Luma.Zoo.Images;

namespace Luma.Zoo.Export.Onnx;

/// <summary>
/// What a preset does to pixels, in ONNX, to the bit. ONNX's own Resize leaves open how it rounds, so a resize is what PIL's is: on each
/// axis a product with a matrix of weights of 22 fractional bits, rounded to bytes. Products and sums of such weights and bytes are exact in
/// 64-bit floats.
/// </summary>
internal sealed class OnnxPreprocessing
{
    private const string Place = "preprocessing";
    private const double Fraction = 1 << 22;

    private readonly OnnxGraph onnx;
    private readonly ImagePreset preset;

    private OnnxPreprocessing(OnnxGraph onnx, ImagePreset preset) => (this.onnx, this.preset) = (onnx, preset);

    /// <summary>Adds it to a graph.</summary>
    /// <param name="onnx">The graph.</param>
    /// <param name="preset">The preset.</param>
    /// <param name="pixels">The bytes, <c>(N, H, W, C)</c>.</param>
    /// <returns>32-bit floats <c>(N, C, height, width)</c> as the network takes them.</returns>
    /// <exception cref="NotSupportedException">The preset takes the nearest pixels.</exception>
    public static string Add(OnnxGraph onnx, ImagePreset preset, string pixels)
    {
        if (preset.Interpolation == Interpolation.Nearest)
            throw new NotSupportedException("A model cannot take nearest pixels itself: PIL finds them by adding up steps, which ONNX has no operation for. Export it without preprocessing.");
        return new OnnxPreprocessing(onnx, preset).Add(pixels);
    }

    private string Add(string pixels)
    {
        var planes = Node("Transpose", [pixels], ("perm", new long[] { 0, 3, 1, 2 }));
        if (preset.ChannelOrder == ChannelOrder.Bgr) planes = Node("Gather", [planes, onnx.Ints(2, 1, 0)], ("axis", 1));

        var shape = Node("Shape", [pixels]);
        var (height, width) = (Size(shape, 1), Size(shape, 2));
        var (resizedHeight, resizedWidth) = Resized(height, width);
        var value = To(planes, ScalarType.Float64);
        value = Rounded(Node("MatMul", [value, Node("Transpose", [Weights(width, resizedWidth, preset.CropSize[^1])], ("perm", new long[] { 1, 0 }))]));
        value = Rounded(Node("MatMul", [Weights(height, resizedHeight, preset.CropSize[0]), value]));

        // Each step is rounded to a 32-bit float, as torchvision's are.
        value = Node("Div", [To(value, ScalarType.Float32), onnx.Number(255, ScalarType.Float32)]);
        return Node("Div", [Node("Sub", [value, PerChannel(preset.Mean)]), PerChannel(preset.Std)]);
    }

    private string Size(string shape, long axis) => Node("Gather", [shape, onnx.Int(axis)], ("axis", 0));

    private (string Height, string Width) Resized(string height, string width)
    {
        if (preset.ResizeSize.Count == 2) return (onnx.Int(preset.ResizeSize[0]), onnx.Int(preset.ResizeSize[1]));

        var (shorter, isUpright) = (onnx.Int(preset.ResizeSize[0]), Node("LessOrEqual", [width, height]));
        return (Node("Where", [isUpright, Longer(height, width), shorter]), Node("Where", [isUpright, shorter, Longer(width, height)]));

        string Longer(string longer, string other) => Node("Div", [Node("Mul", [longer, shorter]), other]);
    }

    // (crop, size): what each of the pixels that are seen takes of each that is there.
    private string Weights(string size, string resized, int crop)
    {
        var (zero, half) = (Exact(0), Exact(0.5));
        var (from, to) = (To(size, ScalarType.Float64), To(resized, ScalarType.Float64));
        var scale = Node("Div", [from, to]);
        var stretch = Node("Max", [scale, Exact(1)]);
        var support = Node("Mul", [Exact(preset.Interpolation == Interpolation.Bicubic ? 2 : 1), stretch]);

        var place = To(Node("Add", [Node("Unsqueeze", [onnx.Ints([.. Enumerable.Range(0, crop)]), onnx.Ints(1)]), CropStart(resized, crop)]), ScalarType.Float64);
        var centre = Node("Mul", [Node("Add", [place, half]), scale]);
        var start = Whole(Node("Add", [Node("Sub", [centre, support]), half]));
        var end = Whole(Node("Add", [Node("Add", [centre, support]), half]));

        var taps = To(Node("Range", [onnx.Int(0), size, onnx.Int(1)]), ScalarType.Float64);
        var distance = Node("Abs", [Node("Mul", [Node("Add", [Node("Sub", [taps, centre]), half]), Node("Div", [Exact(1), stretch])])]);
        var isTap = Node("And", [Node("GreaterOrEqual", [taps, start]), Node("Less", [taps, end])]);
        var exact = Node("Where", [isTap, preset.Interpolation == Interpolation.Bicubic ? Cubic(distance) : Node("Max", [Node("Sub", [Exact(1), distance]), zero]), zero]);
        var sum = Node("ReduceSum", [exact, onnx.Ints(1)], ("keepdims", 1));
        var share = Node("Where", [Node("Equal", [sum, zero]), exact, Node("Div", [exact, sum])]);
        var up = Node("Where", [Node("Less", [share, zero]), Exact(-0.5), half]);
        var weights = Whole(Node("Add", [Node("Mul", [share, Exact(Fraction)]), up]));

        // A crop that is larger than the image has a black frame.
        var isSeen = Node("And", [Node("GreaterOrEqual", [place, zero]), Node("Less", [place, to])]);
        return Node("Where", [isSeen, weights, zero]);
    }

    // Keys's filter with a = -0.5, as PIL computes it.
    private string Cubic(string distance)
    {
        var square = Node("Mul", [Node("Sub", [Node("Mul", [Exact(1.5), distance]), Exact(2.5)]), distance]);
        var near = Node("Add", [Node("Mul", [square, distance]), Exact(1)]);
        var rest = Node("Add", [Node("Mul", [Node("Sub", [distance, Exact(5)]), distance]), Exact(8)]);
        var far = Node("Mul", [Node("Sub", [Node("Mul", [rest, distance]), Exact(4)]), Exact(-0.5)]);
        return Node("Where", [Node("Less", [distance, Exact(1)]), near, Node("Where", [Node("Less", [distance, Exact(2)]), far, Exact(0)])]);
    }

    // Half of what is left, rounded to even; of a frame the smaller half is before.
    private string CropStart(string resized, int crop)
    {
        var left = Node("Sub", [resized, onnx.Int(crop)]);
        var cut = To(Node("Round", [Node("Div", [To(left, ScalarType.Float64), Exact(2)])]), ScalarType.Int64);
        return Node("Where", [Node("Less", [left, onnx.Int(0)]), Node("Div", [left, onnx.Int(2)]), cut]);
    }

    private string Rounded(string sums) =>
        Node("Clip", [Node("Floor", [Node("Div", [Node("Add", [sums, Exact(Fraction / 2)]), Exact(Fraction)])]), Exact(0), Exact(255)]);

    // Towards zero, as C casts.
    private string Whole(string value) => To(To(value, ScalarType.Int64), ScalarType.Float64);

    private string PerChannel(IReadOnlyList<double> numbers) => onnx.Constant($"per channel {string.Join(' ', numbers)}", () =>
    {
        using var scope = NewDisposeScope();
        return OnnxGraph.Tensor(tensor([.. numbers.Select(number => (float)number)], [1, numbers.Count, 1, 1]));
    });

    private string Exact(double value) => onnx.Number(value, ScalarType.Float64);

    private string To(string value, ScalarType type) => Node("Cast", [value], ("to", (int)OnnxGraph.TypeOf(type)));

    private string Node(string kind, ReadOnlySpan<string?> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) => onnx.Add(kind, Place, inputs, attributes);
}
