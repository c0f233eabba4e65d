using System.Buffers;

namespace Luma.Zoo.Images.Jpeg;

/// <summary>What an area needs of one channel: two rows of units at a time, the even one above the odd one.</summary>
internal sealed class JpegPlane : IDisposable
{
    private const int BlockSide = 8;

    private readonly int firstColumn, endColumn, firstRow, endRow, heldRows;
    private readonly byte[] levels;

    /// <summary>Makes room.</summary>
    /// <param name="frame">The image.</param>
    /// <param name="component">The channel.</param>
    /// <param name="area">The part of the image that is wanted.</param>
    public JpegPlane(JpegFrame frame, JpegComponent component, PixelArea area)
    {
        (Across, Down) = (frame.Components[0].Across / component.Across, frame.Components[0].Down / component.Down);
        (Width, Height) = ((frame.Width + Across - 1) / Across, (frame.Height + Down - 1) / Down);
        (firstColumn, endColumn) = Blocks(area.Left, area.Left + area.Width, Across, Width);
        (firstRow, endRow) = Blocks(area.Top, area.Top + area.Height, Down, Height);
        heldRows = 2 * component.Down;
        Stride = (endColumn - firstColumn) * BlockSide;
        levels = ArrayPool<byte>.Shared.Rent(Stride * BlockSide * heldRows);
    }

    /// <summary>How many pixels side by side have one level.</summary>
    public int Across { get; }

    /// <summary>How many pixels one below the other have one level.</summary>
    public int Down { get; }

    /// <summary>The whole channel's width.</summary>
    public int Width { get; }

    /// <summary>The whole channel's height.</summary>
    public int Height { get; }

    /// <summary>From one row to the next.</summary>
    public int Stride { get; }

    /// <summary>The first column that is held.</summary>
    public int Left => firstColumn * BlockSide;

    /// <summary>Whether a block is needed, and where it goes.</summary>
    public bool Needs(int column, int row, out Span<byte> target)
    {
        target = default;
        if (column < firstColumn || column >= endColumn || row < firstRow || row >= endRow) return false;
        target = levels.AsSpan((row % heldRows * BlockSide * Stride) + ((column - firstColumn) * BlockSide));
        return true;
    }

    /// <summary>A row, from <see cref="Left"/> on. Above the first and below the last there are others like them.</summary>
    public ReadOnlySpan<byte> Row(int row) => levels.AsSpan(Math.Clamp(row, 0, Height - 1) % (heldRows * BlockSide) * Stride, Stride);

    /// <summary>Gives the room back.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(levels);

    // Where one level is for several pixels, those next to them count too.
    private static (int First, int End) Blocks(int start, int end, int scale, int size) => scale == 1
        ? (start / BlockSide, ((end - 1) / BlockSide) + 1)
        : (Math.Max((start / scale) - 1, 0) / BlockSide, (Math.Min(((end - 1) / scale) + 1, size - 1) / BlockSide) + 1);
}
