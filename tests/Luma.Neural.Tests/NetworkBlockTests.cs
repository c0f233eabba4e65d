using Luma.Neural.Blocks;

namespace Luma.Neural.Tests;

/// <summary>The blocks that networks are built of: what they refuse, and what they say about themselves.</summary>
public class NetworkBlockTests
{
    public static TheoryData<string, Action> Refused => new()
    {
        { "groupWidth", () => _ = new ResNeXtBlock(8, 8, groupWidth: 3) },
        { "groupWidth", () => _ = new ResNeXtBlock(8, 8, groupWidth: 0) },
        { "outChannels", () => _ = new NinBlock(3, [], 3) },
        { "convolutions", () => _ = new VggBlock(3, 8, convolutions: 0) },
        { "outChannels", () => _ = new SqueezeExcitation(8, 0) },
        { "inChannels", () => _ = new DepthwiseSeparableBlock(0, 8) },
        { "inChannels", () => _ = new MBConv(0, 8, 8) },
        { "outChannels", () => _ = new FusedMBConv(8, 16, 0) },
        { "probability", () => _ = new FusedMBConv(8, 16, 8, stochasticDepth: -1) },
        { "count", () => _ = Channels.MakeDivisible(0) },
        { "count", () => _ = Channels.MakeDivisible(double.PositiveInfinity) },
        { "divisor", () => _ = Channels.MakeDivisible(8, 0) },
    };

    public static TheoryData<string, Func<Block>> Described => new()
    {
        { "ConvNormActivation(Convolution2D(3 -> 8))", () => new ConvNormActivation(3, 8) },
        { "SqueezeExcitation(8, 2)", () => new SqueezeExcitation(8, 2) },
        { "ResNeXtBlock(8 -> 16)", () => new ResNeXtBlock(8, 16, groupWidth: 4) },
        { "DepthwiseSeparableBlock(8 -> 16)", () => new DepthwiseSeparableBlock(8, 16) },
        { "MBConv(8 -> 16)", () => new MBConv(8, 48, 16) },
        { "FusedMBConv(8 -> 16)", () => new FusedMBConv(8, 32, 16) },
        { "NinBlock(3 -> 10)", () => new NinBlock(3, [8, 10], 3) },
        { "VggBlock(3 -> 8)", () => new VggBlock(3, 8, convolutions: 2) },
    };

    [Theory, MemberData(nameof(Refused))]
    public void A_block_that_cannot_be_is_refused_by_the_arguments_name(string parameter, Action build) =>
        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(build).ParamName);

    [Theory, MemberData(nameof(Described))]
    public void A_block_says_what_it_maps_to_what(string expected, Func<Block> build)
    {
        using var skip = Initializers.Skip();
        using var block = build();

        Assert.Equal(expected, block.ToString());
    }

    // What torchvision's _make_divisible gives.
    [Theory]
    [InlineData(1, 8, 8)]
    [InlineData(4, 8, 8)]
    [InlineData(11.2, 8, 16)]
    [InlineData(12, 8, 16)]
    [InlineData(24 * 1.1, 8, 24)]
    [InlineData(35.2, 8, 32)]
    [InlineData(36, 8, 40)]
    [InlineData(37, 8, 40)]
    [InlineData(83, 8, 80)]
    [InlineData(84, 8, 88)]
    [InlineData(1792, 8, 1792)]
    [InlineData(10.9, 1, 11)]
    [InlineData(11.2, 1, 11)]
    public void Channels_are_rounded_as_torchvision_rounds(double count, long divisor, long expected) =>
        Assert.Equal(expected, Channels.MakeDivisible(count, divisor));

    [Fact]
    public void Modules_come_in_pytorchs_order_each_before_its_children()
    {
        using var skip = Initializers.Skip();
        using var network = new Sequence { new VggBlock(3, 4, 1), { "last", new Sequence { new NinBlock(4, [2], 1) } } };

        Assert.Equal(
            ["0", "0.0", "0.1", "0.2", "last", "last.0", "last.0.0", "last.0.1"], network.named_modules().Select(entry => entry.name));
    }
}
