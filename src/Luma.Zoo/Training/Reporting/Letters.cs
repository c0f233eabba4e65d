using SkiaSharp;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Draws text, with a font that comes with the library: a machine need not have any.</summary>
internal sealed class Letters : IDisposable
{
    private const string FontName = "DejaVuSans.ttf";

    private readonly SKTypeface typeface = OpenTypeface();
    private readonly SKFont font;
    private readonly SKPaint paint = new() { IsAntialias = true };

    /// <param name="size">The height of the letters in pixels.</param>
    public Letters(float size) => font = new(typeface, size) { Edging = SKFontEdging.Antialias };

    /// <summary>The height of the letters in pixels.</summary>
    public float Size => font.Size;

    /// <summary>The font; dispose of it.</summary>
    public static SKTypeface OpenTypeface() => SKTypeface.FromStream(typeof(Letters).Assembly.GetManifestResourceStream(FontName));

    /// <summary>How wide a text is in pixels.</summary>
    public float Measure(string text) => font.MeasureText(text);

    /// <summary>The text, or as much of it as fits with an ellipsis.</summary>
    public string Fit(string text, float width)
    {
        text = text.ReplaceLineEndings(" ");
        if (font.MeasureText(text) <= width) return text;
        // A name may be as long as its writer likes.
        var length = (int)Math.Clamp(width, 0, text.Length);
        while (length > 0 && (char.IsHighSurrogate(text[length - 1]) || font.MeasureText(text[..length] + "…") > width)) length--;
        return text[..length] + "…";
    }

    /// <summary>Writes a text.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="text">The text.</param>
    /// <param name="x">Where it begins, ends or has its middle, as <paramref name="align"/> says.</param>
    /// <param name="baseline">The height of its baseline.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="align">What of it is at <paramref name="x"/>.</param>
    public void Write(SKCanvas canvas, string text, float x, float baseline, SKColor color, SKTextAlign align = SKTextAlign.Left)
    {
        paint.Color = color;
        canvas.DrawText(text, x, baseline, align, font, paint);
    }

    /// <summary>Writes a text from the bottom up.</summary>
    public void WriteUpwards(SKCanvas canvas, string text, float baseline, float y, SKColor color, SKTextAlign align = SKTextAlign.Left)
    {
        canvas.Save();
        canvas.Translate(baseline, y);
        canvas.RotateDegrees(-90);
        Write(canvas, text, 0, 0, color, align);
        canvas.Restore();
    }

    public void Dispose()
    {
        font.Dispose();
        paint.Dispose();
        typeface.Dispose();
    }
}
