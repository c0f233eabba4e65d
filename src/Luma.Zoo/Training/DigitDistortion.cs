namespace Luma.Zoo.Training;

/// <summary>
/// Moves, turns, scales, shears and warps each image a little: the distortions of Simard, Steinkraus and Platt, "Best Practices for
/// Convolutional Neural Networks Applied to Visual Document Analysis" (2003), section 2. What lies beyond the edge is as the edge.
/// </summary>
public sealed record DigitDistortion : IAugmentation
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
    /// <remarks>Each image gets distortions of its own, the same for all its channels.</remarks>
    public Tensor Apply(Tensor inputs, Generator random)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var shape = inputs.shape;
        if (shape.Length != 4) throw new ArgumentException($"Expected (N, C, H, W), got ({string.Join(", ", shape)}).", nameof(inputs));

        using var scope = NewDisposeScope();
        var (count, height, width) = (shape[0], shape[2], shape[3]);
        var grid = AffineGrid(count, height, width, random);
        if (Warp > 0) grid = grid.add_(WarpField(count, height, width, random));
        var moved = nn.functional.grid_sample(
            inputs, grid.to(inputs.dtype), padding_mode: GridSamplePaddingMode.Border, align_corners: false);
        return moved.MoveToOuterDisposeScope();
    }

    // Where each output pixel comes from, as (x, y) with -1 and 1 at the image's edges: (N, H, W, 2).
    private Tensor AffineGrid(long count, long height, long width, Generator random)
    {
        var uniform = rand([6, count], generator: random).mul_(2).sub_(1);
        var angle = uniform[0] * (Rotation * Math.PI / 180);
        var (scaleX, scaleY) = ((uniform[1] * Scale).add_(1), (uniform[2] * Scale).add_(1));
        var shear = uniform[3] * Shear;
        var (shiftX, shiftY) = (uniform[4] * (2 * Shift / width), uniform[5] * (2 * Shift / height));
        var (cos, sin) = (angle.cos(), angle.sin());

        // Rows give x and y out of (x, y, 1).
        var maps = stack([cos * scaleX, (shear * cos - sin) * scaleX, shiftX, sin * scaleY, (shear * sin + cos) * scaleY, shiftY], 1)
            .reshape(count, 2, 3);
        var x = Centres(width).expand(height, width);
        var y = Centres(height).unsqueeze(1).expand(height, width);
        var points = stack([x, y, ones_like(x)], 2).reshape(1, height * width, 3);
        return points.matmul(maps.transpose(1, 2)).reshape(count, height, width, 2);
    }

    private Tensor WarpField(long count, long height, long width, Generator random)
    {
        var heights = randn([count, 2, Knots, Knots], generator: random);
        var surface = Blend(height).matmul(heights).matmul(Blend(width).t());
        var scales = tensor([2 * Warp / width, 2 * Warp / height], float32);
        return surface.permute(0, 2, 3, 1).mul(scales);
    }

    // How much each knot weighs at each pixel: Gaussian around the knots, and squares summing to 1 to keep the variance.
    private static Tensor Blend(long size)
    {
        var knots = linspace(-1, 1, Knots);
        var distance = (Centres(size).unsqueeze(1) - knots.unsqueeze(0)).mul_((Knots - 1) / 2.0);
        var weights = distance.square().neg_().exp_();
        return weights / weights.square().sum(1, keepdim: true).sqrt_();
    }

    private static Tensor Centres(long size) => arange(size, float32).mul_(2).add_(1).div_(size).sub_(1);
}
