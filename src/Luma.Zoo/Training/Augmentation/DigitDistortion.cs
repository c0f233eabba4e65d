using Luma.Neural;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>
/// Moves, turns, scales, shears and warps each image a little: the distortions of Simard, Steinkraus and Platt, "Best Practices for
/// Convolutional Neural Networks Applied to Visual Document Analysis" (2003), section 2. What lies beyond the edge is as the edge.
/// </summary>
public sealed record DigitDistortion : InputAugmentation
{
    // The warp is a smooth surface through this many random heights a side.
    private const int Knots = 8;

    /// <summary>The greatest turn either way, in degrees.</summary>
    public double Rotation { get; init; } = 10;

    /// <summary>The greatest shift either way along each axis, in pixels.</summary>
    public double Shift { get; init; } = 2;

    /// <summary>The greatest part by which each axis grows or shrinks.</summary>
    public double Scale { get; init; } = 0.1;

    /// <summary>The greatest shear either way: pixels across for each pixel down.</summary>
    public double Shear { get; init; } = 0.1;

    /// <summary>The standard deviation of the elastic warp along each axis, in pixels.</summary>
    public double Warp { get; init; } = 0.7;

    /// <inheritdoc/>
    public override Tensor Apply(Tensor input, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(random);
        if (input.shape is not [_, var height, var width]) throw new ArgumentException($"Expected (C, H, W), got ({string.Join(", ", input.shape)}).", nameof(input));

        using var scope = NewDisposeScope();
        var grid = AffineGrid(height, width, random);
        if (Warp > 0) grid = grid.Increase(WarpField(height, width, random));
        var moved = nn.functional.grid_sample(
            input.unsqueeze(0), grid.to(input.dtype), padding_mode: GridSamplePaddingMode.Border, align_corners: false);
        return moved.squeeze(0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        foreach (var (value, name) in new[] { (Rotation, nameof(Rotation)), (Shift, nameof(Shift)), (Scale, nameof(Scale)), (Shear, nameof(Shear)), (Warp, nameof(Warp)) })
        {
            if (!(value >= 0 && double.IsFinite(value))) throw new ArgumentOutOfRangeException(name, value, "Must not be below 0.");
        }
    }

    // Where each output pixel comes from, as (x, y) with -1 and 1 at the image's edges: (1, H, W, 2).
    private Tensor AffineGrid(long height, long width, SampleRandom random)
    {
        double Uniform(double most) => random.NextDouble(-most, most);
        var angle = Uniform(Rotation * Math.PI / 180);
        var (scaleX, scaleY, shear) = (1 + Uniform(Scale), 1 + Uniform(Scale), Uniform(Shear));
        var (shiftX, shiftY) = (Uniform(2 * Shift / width), Uniform(2 * Shift / height));
        var (cos, sin) = (Math.Cos(angle), Math.Sin(angle));

        // Rows give x and y out of (x, y, 1).
        var map = tensor(
            new[] { cos * scaleX, ((shear * cos) - sin) * scaleX, shiftX, sin * scaleY, ((shear * sin) + cos) * scaleY, shiftY }.Select(value => (float)value).ToArray(), [2, 3]);
        var x = Centres(width).expand(height, width);
        var y = Centres(height).unsqueeze(1).expand(height, width);
        var points = stack([x, y, ones_like(x)], 2).reshape(height * width, 3);
        return points.matmul(map.t()).reshape(1, height, width, 2);
    }

    private Tensor WarpField(long height, long width, SampleRandom random)
    {
        var heights = tensor(Enumerable.Range(0, 2 * Knots * Knots).Select(_ => (float)random.NextNormal()).ToArray(), [2, Knots, Knots]);
        var surface = Blend(height).matmul(heights).matmul(Blend(width).t());
        var scales = tensor([2 * Warp / width, 2 * Warp / height], float32);
        return surface.permute(1, 2, 0).mul(scales).unsqueeze(0);
    }

    // How much each knot weighs at each pixel: Gaussian around the knots, and squares summing to 1 to keep the variance.
    private static Tensor Blend(long size)
    {
        var knots = linspace(-1, 1, Knots);
        var distance = (Centres(size).unsqueeze(1) - knots.unsqueeze(0)).MultiplyBy((Knots - 1) / 2.0);
        var weights = distance.mul(distance).neg_().exp_();
        return weights / weights.mul(weights).sum(1, keepdim: true).sqrt_();
    }

    private static Tensor Centres(long size) => ScalarArithmetic.Range(0, size).to(float32).MultiplyBy(2).Increase(1).Over(size).Increase(-1);
}
