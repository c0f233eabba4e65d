using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>How a residual block's shortcut gets to the branch's shape where the two differ.</summary>
public enum ResNetShortcut
{
    /// <summary>A convolution of 1x1 with the block's stride: option B of He et al. (2015), section 4.1.</summary>
    Projection,

    /// <summary>Every stride-th row and column, with channels of zeros behind the input's: option A, which has no parameters.</summary>
    ZeroPadding,

    /// <summary>The same with half of the zeros in front of the input's channels and half behind them.</summary>
    ZeroPaddingAround,
}

/// <summary>
/// The residual blocks of He et al., "Deep Residual Learning for Image Recognition" (2015), and "Identity Mappings in Deep Residual
/// Networks" (2016).
/// </summary>
public static partial class ResNetBlock
{
    // A projection is followed by a norm where the block's convolutions are; pre-activation blocks have theirs before.
    private static NeuralModule ShortcutFor(ResNetShortcut kind, long inChannels, long outChannels, long stride, bool norm, bool bias)
    {
        if (!Enum.IsDefined(kind)) throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such shortcut.");
        if (stride == 1 && inChannels == outChannels) return new Identity();
        if (kind != ResNetShortcut.Projection)
            return new ZeroPaddedShortcut(inChannels, outChannels, stride, isAround: kind == ResNetShortcut.ZeroPaddingAround);

        var projection = new Sequence { new Convolution2D(inChannels, outChannels, 1, stride, bias: bias) };
        if (norm) projection.Add(new BatchNorm2D(outChannels));
        return projection;
    }
}
