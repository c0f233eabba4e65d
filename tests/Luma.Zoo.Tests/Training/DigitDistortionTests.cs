using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Tests.Training;

public class DigitDistortionTests
{
    private static readonly DigitDistortion Still = new() { Rotation = 0, Shift = 0, Scale = 0, Shear = 0, Warp = 0 };

    public static TheoryData<string, DigitDistortion> Single => new()
    {
        { "rotation", Still with { Rotation = 15 } },
        { "shift", Still with { Shift = 2 } },
        { "scale", Still with { Scale = 0.2 } },
        { "shear", Still with { Shear = 0.2 } },
        { "warp", Still with { Warp = 1 } },
    };

    [Theory]
    [InlineData(32, 32)]
    [InlineData(20, 30)]
    public void Without_any_distortion_images_stay_as_they_are(long height, long width)
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        var image = rand(2, height, width);

        Assert.True(Still.Apply(image, Random(1)).allclose(image, 0, 1e-5));
    }

    [Theory]
    [MemberData(nameof(Single))]
    public void Each_distortion_changes_each_image_in_a_way_of_its_own(string name, DigitDistortion distortion)
    {
        using var scope = NewDisposeScope();
        var image = Digit();

        var (first, second) = (distortion.Apply(image, Random(1)), distortion.Apply(image, Random(2)));

        Assert.Equal([1, 32, 32], first.shape);
        Assert.False(first.allclose(image, 0, 1e-2), name);
        Assert.False(first.allclose(second, 0, 1e-2), name);
        // Ink moves, but stays about as much.
        Assert.InRange(first.sum().item<float>(), image.sum().item<float>() * 0.6, image.sum().item<float>() * 1.6);
        Assert.True(first.allclose(distortion.Apply(image, Random(1)), 0, 0), name);
    }

    [Fact]
    public void All_channels_of_an_image_move_alike()
    {
        using var scope = NewDisposeScope();

        var moved = new DigitDistortion().Apply(Digit().expand(3, 32, 32), Random(5));

        Assert.True(moved[0].allclose(moved[2], 0, 0));
    }

    [Fact]
    public void A_shift_is_in_pixels_and_within_its_bound()
    {
        using var scope = NewDisposeScope();
        // The centre of a spot tells the shift.
        var spot = zeros(1, 32, 32);
        spot[0, 14..18, 14..18] = ones(4, 4);

        var moved = stack([.. Enumerable.Range(0, 200).Select(i => (Still with { Shift = 3 }).Apply(spot, Random(i)))]);

        var columns = (moved.sum(2) * arange(32)).sum(2) / moved.sum([2, 3]);
        var shifts = (columns - 15.5).abs();
        Assert.InRange(shifts.max().item<float>(), 2.8, 3.001);
        Assert.InRange(shifts.mean().item<float>(), 1.3, 1.7);
    }

    [Fact]
    public void What_comes_in_from_beyond_the_edge_is_as_the_edge()
    {
        using var scope = NewDisposeScope();
        var grey = full([1, 32, 32], -0.42f);

        Assert.True(new DigitDistortion { Shift = 8 }.Apply(grey, Random(5)).allclose(grey, 0, 1e-5));
    }

    private static SampleRandom Random(int sample) => new(5, 1, sample);

    private static Tensor Digit()
    {
        var image = zeros(1, 32, 32);
        image[0, 6..26, 18..21] = ones(20, 3);
        image[0, 6..9, 10..21] = ones(3, 11);
        return image;
    }
}
