using Luma.Zoo.Training;

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
        var images = rand(3, 2, height, width);

        var same = Still.Apply(images, new Generator(1));

        Assert.True(same.allclose(images, 0, 1e-5));
    }

    [Theory]
    [MemberData(nameof(Single))]
    public void Each_distortion_changes_each_image_in_a_way_of_its_own(string name, DigitDistortion distortion)
    {
        using var scope = NewDisposeScope();
        var image = Digit();

        var moved = distortion.Apply(image.expand(2, 1, 32, 32), new Generator(1));

        Assert.Equal([2, 1, 32, 32], moved.shape);
        Assert.False(moved[0].allclose(image[0], 0, 1e-2), name);
        Assert.False(moved[0].allclose(moved[1], 0, 1e-2), name);
        // Ink moves, but stays about as much.
        Assert.InRange(moved.sum().item<float>() / 2, image.sum().item<float>() * 0.6, image.sum().item<float>() * 1.6);
    }

    [Fact]
    public void The_same_generator_gives_the_same_images()
    {
        using var scope = NewDisposeScope();
        var images = Digit().expand(8, 1, 32, 32);

        var (first, second) = (new DigitDistortion().Apply(images, new Generator(5)), new DigitDistortion().Apply(images, new Generator(5)));

        Assert.True(first.allclose(second, 0, 0));
    }

    [Fact]
    public void All_channels_of_an_image_move_alike()
    {
        using var scope = NewDisposeScope();

        var moved = new DigitDistortion().Apply(Digit().expand(2, 3, 32, 32), new Generator(5));

        Assert.True(moved[.., 0].allclose(moved[.., 2], 0, 0));
    }

    [Fact]
    public void A_shift_is_in_pixels_and_within_its_bound()
    {
        using var scope = NewDisposeScope();
        // The centre of a spot tells the shift.
        var spot = zeros(200, 1, 32, 32);
        spot[.., 0, 14..18, 14..18] = ones(200, 4, 4);

        var moved = (Still with { Shift = 3 }).Apply(spot, new Generator(5));

        var columns = (moved.sum(2) * arange(32)).sum(2) / moved.sum([2, 3]);
        var shifts = (columns - 15.5).abs();
        Assert.InRange(shifts.max().item<float>(), 2.8, 3.001);
        Assert.InRange(shifts.mean().item<float>(), 1.3, 1.7);
    }

    [Fact]
    public void What_comes_in_from_beyond_the_edge_is_as_the_edge()
    {
        using var scope = NewDisposeScope();
        var grey = full([4, 1, 32, 32], -0.42f);

        var moved = new DigitDistortion { Shift = 8 }.Apply(grey, new Generator(5));

        Assert.True(moved.allclose(grey, 0, 1e-5));
    }

    [Fact]
    public void A_batch_that_is_none_is_refused()
    {
        using var scope = NewDisposeScope();

        var error = Assert.Throws<ArgumentException>("inputs", () => Still.Apply(zeros(3, 32, 32), new Generator(1)));

        Assert.StartsWith("Expected (N, C, H, W), got (3, 32, 32).", error.Message, StringComparison.Ordinal);
    }

    private static Tensor Digit()
    {
        var image = zeros(1, 1, 32, 32);
        image[0, 0, 6..26, 18..21] = ones(20, 3);
        image[0, 0, 6..9, 10..21] = ones(3, 11);
        return image;
    }
}
