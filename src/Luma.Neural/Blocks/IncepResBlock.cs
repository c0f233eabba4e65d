using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// A residual Inception block: branches side by side, a 1x1 convolution without activation that brings them to the input's channels, and
/// a sum with the input, followed by ReLU. Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
/// Learning" (2016), section 3.2.
/// </summary>
/// <remarks>
/// Input and output <c>(N, C, H, W)</c>. What is added is scaled down first, which keeps wide networks from dying early (section 3.3).
/// The paper gives a range of 0.1 to 0.3; 0.17, 0.10 and 0.20 for the types A, B and C are those of the authors' code
/// (<c>inception_resnet_v2.py</c>).
/// </remarks>
public partial class IncepResBlock : Block
{
    private readonly NeuralModule branches, projection;
    private readonly Identity shortcut;
    private readonly ReLU activation;

    /// <summary>Makes a block of given parts.</summary>
    /// <param name="branches">The branches: <c>(N, C, H, W)</c> to <c>(N, C_b, H, W)</c>.</param>
    /// <param name="projection">The convolution after them: <c>(N, C_b, H, W)</c> to <c>(N, C, H, W)</c>.</param>
    /// <param name="scale">The factor on what is added.</param>
    public IncepResBlock(NeuralModule branches, NeuralModule projection, double scale)
        : this(nameof(IncepResBlock), branches, projection, scale)
    {
    }

    private IncepResBlock(string name, NeuralModule branches, NeuralModule projection, double scale) : base(name)
    {
        ScaleFactor = scale;
        this.branches = Register("branches", branches);
        this.projection = Register("projection", projection);
        shortcut = Register("shortcut", new Identity());
        activation = Register("activation", new ReLU(inPlace: true));
    }

    /// <summary>The factor on what is added to the input.</summary>
    public double ScaleFactor { get; }

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor x)
    {
        var y = Ops.Scale(projection.call(branches.call(x)), ScaleFactor);
        return activation.call(Ops.Add(y, shortcut.call(x), inPlace: true));
    }

    // One, two and three convolutions of up to 3x3; the numbers are the filters of each.
    private static Branches TypeA(ConvStyle style, long channels, long[] filters) => new()
    {
        { "branch1", style.Conv(channels, 32, 1) },
        { "branch2", new Sequence { style.Conv(channels, 32, 1), style.Conv(32, 32, 3) } },
        { "branch3", new Sequence { style.Conv(channels, 32, 1), style.Conv(32, filters[0], 3), style.Conv(filters[0], filters[1], 3) } },
    };

    // A 1x1, and a 1x1 with a window of n x n in two steps.
    private static Branches TypeBOrC(ConvStyle style, long channels, long one, int n, long[] filters) => new()
    {
        { "branch1", style.Conv(channels, one, 1) },
        {
            "branch2", new Sequence
            {
                style.Conv(channels, filters[0], 1),
                style.Conv(filters[0], filters[1], (1, n)),
                style.Conv(filters[1], filters[2], (n, 1)),
            }
        },
    };

    private static void Redux(Branches redux, ConvStyle style, long channels, long[] widths)
    {
        redux.Add("branch1", new Pooling2D(PoolingMode.Max, 3, stride: 2));
        redux.Add("branch2", new Sequence { style.Conv(channels, 256, 1), style.Conv(256, 384, 3, stride: 2, Pad.Valid) });
        redux.Add("branch3", new Sequence { style.Conv(channels, 256, 1), style.Conv(256, widths[0], 3, stride: 2, Pad.Valid) });
        redux.Add("branch4", new Sequence
        {
            style.Conv(channels, 256, 1),
            style.Conv(256, widths[0], 3),
            style.Conv(widths[0], widths[1], 3, stride: 2, Pad.Valid),
        });
    }
}
