using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Neural.Tests;

public class BadInputTests
{
    private static readonly Dictionary<string, (Func<Layer> Make, long[] Input, string Message)> Inputs = new()
    {
        ["channels of images"] = (() => new Convolution2D(3, 64, 7), [1, 4, 224, 224],
            "Convolution2D(3 -> 64): expected (N, 3, H, W), got (1, 4, 224, 224)"),
        ["an image without a batch"] = (() => new Convolution2D(3, 64, 7), [3, 224, 224],
            "Convolution2D(3 -> 64): expected (N, 3, H, W), got (3, 224, 224)"),
        ["an image below its window"] = (() => new Convolution2D(3, 8, (3, 7), padding: 1), [1, 3, 9, 4],
            "Convolution2D(3 -> 8): expected (N, 3, H, W >= 5), got (1, 3, 9, 4)"),
        ["less than is reflected"] = (() => new Convolution1D(1, 1, 3, padding: 4, paddingMode: PaddingModes.Reflect), [1, 1, 4],
            "Convolution1D(1 -> 1): expected (N, 1, W >= 5), got (1, 1, 4)"),
        ["channels of sequences"] = (() => new Convolution1D(2, 4, 3), [1, 3, 8], "Convolution1D(2 -> 4): expected (N, 2, W), got (1, 3, 8)"),
        ["an image for volumes"] = (() => new Convolution3D(2, 4, 3), [1, 2, 8, 8],
            "Convolution3D(2 -> 4): expected (N, 2, D, H, W), got (1, 2, 8, 8)"),
        ["a vector to pool"] = (() => new Pooling2D(PoolingMode.Max, 2), [1, 4], "Pooling2D(max 2): expected (N, C, H >= 2, W >= 2), got (1, 4)"),
        ["an image below the pooling window"] = (() => new Pooling2D(PoolingMode.Average, (2, 5)), [1, 4, 2, 4],
            "Pooling2D(average 2x5): expected (N, C, H >= 2, W >= 5), got (1, 4, 2, 4)"),
        ["an image below the window rounded up"] = (() => new Pooling2D(PoolingMode.Max, 3, stride: 2, ceilMode: true), [1, 4, 2, 1],
            "Pooling2D(max 3): expected (N, C, H >= 2, W >= 2), got (1, 4, 2, 1)"),
        ["a norm below its window"] = (() => new LpPooling1D(2, 3), [1, 4, 2], "LpPooling1D(2-norm 3): expected (N, C, W >= 3), got (1, 4, 2)"),
        ["a volume to average"] = (() => new GlobalAvgPooling2D(), [1, 4, 2, 2, 2], "GlobalAvgPooling2D(1): expected (N, C, H, W), got (1, 4, 2, 2, 2)"),
        ["an empty image to average"] = (() => new AdaptiveAvgPooling2D(2), [1, 4, 0, 2], "AdaptiveAvgPooling2D(2): expected (N, C, H, W), got (1, 4, 0, 2)"),
        ["features"] = (() => new Dense(120, 84), [1, 121], "Dense(120 -> 84): expected (N, 120), got (1, 121)"),
        ["features without a batch"] = (() => new Dense(120, 84), [120], "Dense(120 -> 84): expected (N, 120), got (120)"),
        ["channels to normalise"] = (() => new BatchNorm2D(8), [2, 4, 3, 3], "BatchNorm2D(8): expected (N, 8, H, W), got (2, 4, 3, 3)"),
        ["sequences to normalise"] = (() => new BatchNorm1D(8), [2, 4, 3], "BatchNorm1D(8): expected (N, 8) or (N, 8, W), got (2, 4, 3)"),
        ["one value to normalise"] = (() => new BatchNorm2D(8), [1, 8, 1, 1], "BatchNorm2D(8): expected more than one value per channel in training, got (1, 8, 1, 1)"),
        ["last dimensions"] = (() => new LayerNorm([4, 5]), [2, 5, 5], "LayerNorm(4x5): expected (*, 4, 5), got (2, 5, 5)"),
        ["too few dimensions"] = (() => new LayerNorm([4, 5]), [5], "LayerNorm(4x5): expected (*, 4, 5), got (5)"),
        ["channels of pixels to normalise"] = (() => new LayerNorm2D(8), [2, 4, 3, 3], "LayerNorm2D(8): expected (N, 8, H, W), got (2, 4, 3, 3)"),
        ["features to normalise locally"] = (() => new LocalResponseNorm(5), [2, 5], "LocalResponseNorm(5): expected (N, C, ...), got (2, 5)"),
        ["channels to drop"] = (() => new Dropout2D(), [2, 5], "Dropout2D: expected (N, C, H, W), got (2, 5)"),
        ["a dimension for the softmax"] = (() => new Softmax(2), [2, 5], "Softmax(2): expected a dimension 2, got (2, 5)"),
        ["dimensions to permute"] = (() => new Permute(0, 2, 1), [2, 5], "Permute(0, 2, 1): expected 3 dimensions, got (2, 5)"),
        ["a dimension to flatten"] = (() => new Flatten(3), [2, 5], "Flatten: expected dimensions 3 to -1, got (2, 5)"),
        ["dimensions to flatten the wrong way"] = (() => new Flatten(2, 1), [2, 5, 3], "Flatten: expected dimensions 2 to 1, got (2, 5, 3)"),
    };

    private static readonly Dictionary<string, (string Argument, Func<object> Make)> Arguments = new()
    {
        ["no input channels"] = ("inChannels", () => new Convolution2D(0, 4, 3)),
        ["no output channels"] = ("outChannels", () => new Convolution2D(4, 0, 3)),
        ["an empty kernel"] = ("kernelSize", () => new Convolution2D(4, 4, 0)),
        ["a kernel for three axes"] = ("kernelSize", () => new Convolution2D(4, 4, (3, 3, 3))),
        ["a negative kernel"] = ("kernelSize", () => new Convolution3D(4, 4, (3, -1, 3))),
        ["no stride"] = ("stride", () => new Convolution1D(4, 4, 3, stride: 0)),
        ["negative padding"] = ("padding", () => new Convolution2D(4, 4, 3, padding: -1)),
        ["strided same padding"] = ("padding", () => new Convolution2D(4, 4, 3, stride: 2, padding: Pad.Same)),
        ["no dilation"] = ("dilation", () => new Convolution2D(4, 4, 3, dilation: 0)),
        ["groups that do not divide"] = ("groups", () => new Convolution2D(4, 4, 3, groups: 3)),
        ["no groups"] = ("groups", () => new Convolution2D(4, 4, 3, groups: 0)),
        ["an unknown padding mode"] = ("paddingMode", () => new Convolution2D(4, 4, 3, paddingMode: (PaddingModes)99)),
        ["no pooling mode"] = ("mode", () => new Pooling2D((PoolingMode)2, 3)),
        ["an empty window"] = ("kernelSize", () => new Pooling2D(PoolingMode.Max, (2, 0))),
        ["a pooling stride for two axes"] = ("stride", () => new Pooling3D(PoolingMode.Max, 2, stride: (1, 2))),
        ["no pooling dilation"] = ("dilation", () => new Pooling1D(PoolingMode.Max, 2, dilation: 0)),
        ["a dilated mean"] = ("dilation", () => new Pooling2D(PoolingMode.Average, 2, dilation: 2)),
        ["padding beyond half of the window"] = ("padding", () => new Pooling2D(PoolingMode.Max, 3, padding: 2)),
        ["same padding of an even window"] = ("padding", () => new Pooling2D(PoolingMode.Average, 2, padding: Pad.Same)),
        ["negative pooling padding"] = ("padding", () => new Pooling2D(PoolingMode.Average, 2, padding: -1)),
        ["an output of nothing"] = ("outputSize", () => new AdaptiveAvgPooling2D((1, 0))),
        ["an output of other axes"] = ("outputSize", () => new AdaptiveAvgPooling3D((1, 2))),
        ["a norm of zero"] = ("norm", () => new LpPooling2D(0, 2)),
        ["an endless norm"] = ("norm", () => new LpPooling2D(double.PositiveInfinity, 2)),
        ["an empty window for a norm"] = ("kernelSize", () => new LpPooling2D(2, 0)),
        ["no stride for a norm"] = ("stride", () => new LpPooling2D(2, 2, stride: 0)),
        ["a probability above one"] = ("probability", () => new Dropout(1.1)),
        ["a negative probability"] = ("probability", () => new Dropout2D(-0.1)),
        ["a probability that is no number"] = ("probability", () => new Dropout3D(double.NaN)),
        ["no inputs"] = ("inFeatures", () => new Dense(0, 1)),
        ["no outputs"] = ("outFeatures", () => new Dense(1, 0)),
        ["no channels to normalise"] = ("channels", () => new BatchNorm2D(0)),
        ["a negative epsilon"] = ("eps", () => new BatchNorm1D(2, eps: -1)),
        ["a momentum above one"] = ("momentum", () => new BatchNorm3D(2, momentum: 2)),
        ["no features to normalise"] = ("features", () => new LayerNorm(0)),
        ["no shape to normalise"] = ("shape", () => new LayerNorm([])),
        ["an empty shape to normalise"] = ("shape", () => new LayerNorm([3, 0])),
        ["an epsilon that is no number"] = ("eps", () => new LayerNorm(3, eps: double.NaN)),
        ["no channels of pixels to normalise"] = ("channels", () => new LayerNorm2D(0)),
        ["an endless epsilon"] = ("eps", () => new LayerNorm2D(2, double.PositiveInfinity)),
        ["a dimension that is named twice"] = ("dimensions", () => new Permute(0, 1, 1)),
        ["a dimension that is missing"] = ("dimensions", () => new Permute(0, 2)),
        ["no dimensions"] = ("dimensions", () => new Permute()),
        ["no neighbours"] = ("size", () => new LocalResponseNorm(0)),
        ["no neighbours in the paper's way"] = ("size", () => LocalResponseNorm.FromPaper(0)),
        ["an endless alpha"] = ("alpha", () => new LocalResponseNorm(5, alpha: double.NaN)),
        ["an endless beta"] = ("beta", () => new LocalResponseNorm(5, beta: double.NegativeInfinity)),
        ["an endless k"] = ("k", () => new LocalResponseNorm(5, k: double.NaN)),
        ["a slope that is no number"] = ("negativeSlope", () => new LeakyReLU(double.NaN)),
        ["an unknown approximation"] = ("approximation", () => new GELU((GELUApproximation)7)),
        ["a norm of other channels"] = ("norm", () => new ConvBlock2D(3, 4, 3, norm: new BatchNorm2D(5))),
        ["a norm of other features"] = ("norm", () => new DenseBlock(3, 4, norm: new BatchNorm1D(3))),
        ["an axis too many"] = ("axis", () => ((PerAxis)(1, 2))[2]),
    };

    public static TheoryData<string> InputNames => [.. Inputs.Keys];

    public static TheoryData<string> ArgumentNames => [.. Arguments.Keys];

    [Theory]
    [MemberData(nameof(InputNames))]
    public void A_wrong_input_says_what_was_expected_and_what_came(string name)
    {
        var (make, shape, message) = Inputs[name];
        using var layer = make();
        using var input = zeros(shape);

        Assert.Equal(message, Assert.Throws<InputShapeException>(() => layer.call(input)).Message);
    }

    [Theory]
    [MemberData(nameof(ArgumentNames))]
    public void A_nonsensical_argument_is_named(string name) =>
        Assert.Equal(Arguments[name].Argument, Assert.Throws<ArgumentOutOfRangeException>(Arguments[name].Make).ParamName);

    // What the checks let through, libtorch takes.
    [Fact]
    public void The_least_size_is_enough()
    {
        using var noGrad = no_grad();
        foreach (var (kernel, stride, padding, ceil) in
            from kernel in Enumerable.Range(1, 5)
            from stride in Enumerable.Range(1, 5)
            from padding in Enumerable.Range(0, (kernel / 2) + 1)
            from ceil in (bool[])[false, true]
            select (kernel, stride, padding, ceil))
        {
            foreach (var mode in Enum.GetValues<PoolingMode>())
            {
                using var layer = new Pooling2D(mode, kernel, stride, padding, ceilMode: ceil);
                var least = Math.Max(1, kernel - (2 * padding) - (ceil ? stride - 1 : 0));
                using var fits = ones(1, 1, least, least);
                using var tooSmall = ones(1, 1, least - 1, least);

                layer.call(fits).Dispose();
                Assert.Throws<InputShapeException>(() => layer.call(tooSmall));
            }
        }
    }
}
