
namespace Luma.Zoo.Images.Jpeg;

/// <summary>
/// Decodes an area of a JPEG, with the numbers of libjpeg: the same bytes as Skia gives, whose own libjpeg is built without vector
/// instructions. All codes are read, so that damage is seen wherever it is, but only what the area needs is transformed and coloured.
/// Whatever is unusual or damaged is left to Skia, which knows what to do with it.
/// </summary>
internal static class JpegDecoder
{
    private const int BlockSide = 8;

    /// <summary>Decodes an area.</summary>
    /// <param name="file">The file.</param>
    /// <param name="frame">Its header.</param>
    /// <param name="area">A part of the image.</param>
    /// <param name="pixels">Where the area's pixels go, four bytes each, row by row.</param>
    /// <param name="pool">Where memory is borrowed from.</param>
    /// <returns>False where the data are damaged or end too early; what was written is of no use then.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> file, JpegFrame frame, PixelArea area, Span<byte> pixels, BufferPool pool)
    {
        var planes = new JpegPlane[frame.Components.Count];
        try
        {
            for (var i = 0; i < planes.Length; i++) planes[i] = new JpegPlane(frame, frame.Components[i], area);
            var rows = new JpegRows(area, planes);
            return Decode(file, frame, planes, rows, pixels, pool);
        }
        finally
        {
            foreach (var plane in planes) plane?.Dispose();
        }
    }

    private static bool Decode(ReadOnlySpan<byte> file, JpegFrame frame, JpegPlane[] planes, JpegRows rows, Span<byte> pixels, BufferPool pool)
    {
        var (unitWidth, unitHeight) = (BlockSide * frame.Components[0].Across, BlockSide * frame.Components[0].Down);
        var (across, down) = ((frame.Width + unitWidth - 1) / unitWidth, (frame.Height + unitHeight - 1) / unitHeight);
        using var scan = JpegScan.Open(file[frame.Scan..], pool);
        if (scan is null) return false;

        Span<short> values = stackalloc short[JpegScan.BlockValues];
        Span<int> levels = stackalloc int[planes.Length];
        var left = frame.RestartInterval;
        for (var row = 0; row < down; row++)
        {
            for (var column = 0; column < across; column++)
            {
                if (frame.RestartInterval > 0 && left-- == 0)
                {
                    if (!scan.HasRestart || !scan.Restart()) return false;
                    left = frame.RestartInterval - 1;
                    levels.Clear();
                }
                for (var i = 0; i < planes.Length; i++)
                {
                    var component = frame.Components[i];
                    for (var y = row * component.Down; y < (row + 1) * component.Down; y++)
                    {
                        for (var x = column * component.Across; x < (column + 1) * component.Across; x++)
                        {
                            if (!scan.TryReadBlock(component, ref levels[i], values, out var magnitude)) return false;
                            var flat = magnitude == Math.Abs((int)values[0]);
                            if (planes[i].Needs(x, y, out var target))
                            {
                                if (flat) Idct.Fill(values[0], target, planes[i].Stride);
                                else Idct.Transform(values, magnitude, target, planes[i].Stride);
                            }
                            if (!flat) values.Clear();
                        }
                    }
                }
            }
            rows.Write((row + 1) * unitHeight, row == down - 1, pixels);
        }
        return !scan.HasRestart && scan.Restart();
    }
}
