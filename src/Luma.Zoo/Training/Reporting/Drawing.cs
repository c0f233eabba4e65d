using Luma.Zoo.Files;
using SkiaSharp;

namespace Luma.Zoo.Training.Reporting;

/// <summary>What all drawings of a run have in common.</summary>
internal static class Drawing
{
    public static readonly SKColor Paper = SKColors.White, Ink = new(0x22, 0x22, 0x22), Quiet = new(0x77, 0x77, 0x77), Faint = new(0xE6, 0xE6, 0xE6);

    /// <summary>The colours of lines, which people who see few colours can tell apart: Okabe and Ito's blue, vermilion and green.</summary>
    public static readonly SKColor Blue = new(0x00, 0x72, 0xB2), Vermilion = new(0xD5, 0x5E, 0x00), Green = new(0x00, 0x9E, 0x73);

    /// <summary>Draws a PNG file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="height">Its height in pixels.</param>
    /// <param name="draw">Draws it, on white.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, int width, int height, Action<SKCanvas> draw)
    {
        using var surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque))
            ?? throw new IOException($"{path}: cannot be drawn: there is no room for {width} by {height} pixels.");
        surface.Canvas.Clear(Paper);
        draw(surface.Canvas);
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        AtomicFile.Write(path, png.SaveTo);
    }

    /// <summary>A line of one colour.</summary>
    public static SKPaint Stroke(SKColor color, float width = 1, bool isDashed = false) => new()
    {
        Color = color,
        StrokeWidth = width,
        IsStroke = true,
        IsAntialias = true,
        StrokeJoin = SKStrokeJoin.Round,
        PathEffect = isDashed ? SKPathEffect.CreateDash([4, 4], 0) : null,
    };

    /// <summary>An area of one colour.</summary>
    public static SKPaint Fill(SKColor color) => new() { Color = color };
}
