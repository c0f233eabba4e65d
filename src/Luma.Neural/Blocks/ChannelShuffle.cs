namespace Luma.Neural.Blocks;

/// <summary>
/// Mixes the channels of groups: the first of every group, then the second of every group, and so on. Zhang et al., "ShuffleNet: An
/// Extremely Efficient Convolutional Neural Network for Mobile Devices" (2018), figure 1.
/// </summary>
/// <remarks>Input and output <c>(N, C, H, W)</c>; the groups must divide the channels.</remarks>
public sealed class ChannelShuffle : Block
{
    /// <summary>Makes the block.</summary>
    /// <param name="groups">The number of groups.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="groups"/> is below 1.</exception>
    public ChannelShuffle(long groups) : base(nameof(ChannelShuffle))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        Groups = groups;
    }

    /// <summary>The number of groups.</summary>
    public long Groups { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({Groups})";

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        if (x.Dimensions != 4 || x.size(1) % Groups != 0) throw InputMismatch($"(N, C, H, W) with C a multiple of {Groups}", x);

        x = Ops.Unflatten(x, 1, Groups, -1);
        x = Ops.Permute(x, 0, 2, 1, 3, 4);
        return Ops.Flatten(x, 1, 2);
    }
}
