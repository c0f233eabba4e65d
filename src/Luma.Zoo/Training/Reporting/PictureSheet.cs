using Luma.Zoo.Images;
using SkiaSharp;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Draws pictures in rows and columns, with text below each.</summary>
internal static class PictureSheet
{
    /// <summary>In pixels: what is between cells, and the height of a line of text.</summary>
    internal const int Gap = 12, Line = 18;

    private const float TextSize = 13;

    /// <summary>Draws the sheet.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="cells">The pictures, row by row. There may be none.</param>
    /// <param name="columns">How many there are in a row.</param>
    /// <param name="side">How wide and high a picture's place is, in pixels.</param>
    /// <param name="lines">How many lines of text there are below each.</param>
    /// <param name="nothing">What the sheet says where there are no pictures.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<PictureCell> cells, int columns, int side, int lines, string nothing)
    {
        columns = Math.Clamp(cells.Count, 1, columns);
        var rows = (cells.Count + columns - 1) / columns;
        var height = side + (lines > 0 ? (lines * Line) + 6 : 0);
        using var letters = new Letters(TextSize);
        var width = cells.Count == 0 ? Math.Max(side, (int)letters.Measure(nothing)) : side;
        Drawing.Write(path, (columns * (width + Gap)) + Gap, cells.Count == 0 ? Line + (2 * Gap) : (rows * (height + Gap)) + Gap, canvas =>
        {
            if (cells.Count == 0) letters.Write(canvas, nothing, Gap, Gap + TextSize, Drawing.Ink);
            foreach (var (place, cell) in cells.Index())
            {
                canvas.Save();
                canvas.Translate(Gap + (place % columns * (side + Gap)), Gap + (place / columns * (height + Gap)));
                canvas.DrawImage(cell.Picture, (side - cell.Picture.Width) / 2f, (side - cell.Picture.Height) / 2f);
                foreach (var (line, (text, color)) in cell.Lines.Index()) letters.Write(canvas, letters.Fit(text, side), 0, side + TextSize + 2 + (line * Line), color);
                canvas.Restore();
            }
        });
    }

    /// <summary>An image's file with its folder, which often is its class.</summary>
    public static string ShortName(string name)
    {
        var parts = name.Split('/', '\\');
        return string.Join('/', parts[Math.Max(0, parts.Length - 2)..]);
    }

    /// <summary>A picture as large as it may be on a sheet. Small ones stay as sharp as they are.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="side">How wide and high it may be, in pixels.</param>
    /// <returns>The picture; dispose of it.</returns>
    /// <exception cref="ImageException">It cannot be resized.</exception>
    public static SKImage Fit(DecodedImage image, int side)
    {
        var scale = Math.Min((double)side / image.Width, (double)side / image.Height);
        var (width, height) = ((int)Math.Max(1, Math.Round(image.Width * scale)), (int)Math.Max(1, Math.Round(image.Height * scale)));
        var pixels = Resizer.Resize(
            image.Pixels, DecodedImage.BytesPerPixel, image.Width, image.Height, width, height, new(0, width), new(0, height),
            scale < 1 ? Interpolation.Bilinear : Interpolation.Nearest);
        return SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgb888x, SKAlphaType.Opaque), pixels);
    }
}
