using System.Globalization;
using Luma.Zoo.Files;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Training.Reporting;
using SkiaSharp;

namespace Luma.Zoo.Cli.Results;

/// <summary>Pictures with their best answers, on one picture. It holds the first of them, as small as they are shown.</summary>
internal sealed class ContactSheet : IDisposable
{
    /// <summary>How many pictures there are on a sheet at most.</summary>
    public const int MostPictures = 200;

    private const int Columns = 5, Answers = 3, MostLetters = 500;
    // In pixels: a cell, what is around it, the picture in it, and the height of a line of text.
    private const int Width = 240, Gap = 12, Side = 200, Line = 18, BarHeight = 4, AnswerHeight = Line + BarHeight + 4, Height = Side + Line + 6 + (Answers * AnswerHeight);
    private const float TextSize = 13;

    private static readonly SKColor Paper = SKColors.White, Ink = new(0x22, 0x22, 0x22), Faint = new(0xE6, 0xE6, 0xE6), Bar = new(0x2B, 0x6C, 0xB0), Trouble = new(0xB0, 0x2B, 0x2B);

    private readonly List<(ClassifiedImage Image, SKImage? Picture)> cells = [];
    private readonly SKTypeface typeface = Letters.OpenTypeface();

    /// <summary>Adds a picture; where there is no more room, nothing happens.</summary>
    /// <param name="image">What became of it.</param>
    public void Add(ClassifiedImage image)
    {
        if (cells.Count < MostPictures) cells.Add((image, image.Error is null ? Shrink(image.Path) : null));
    }

    /// <summary>Writes the sheet, whole or not at all.</summary>
    /// <param name="path">The PNG file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path)
    {
        var columns = Math.Clamp(cells.Count, 1, Columns);
        var rows = Math.Max(1, (cells.Count + Columns - 1) / Columns);
        using var surface = SKSurface.Create(new SKImageInfo((columns * (Width + Gap)) + Gap, (rows * (Height + Gap)) + Gap, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var font = new SKFont(typeface, TextSize) { Edging = SKFontEdging.Antialias };
        surface.Canvas.Clear(Paper);
        for (var i = 0; i < cells.Count; i++)
        {
            surface.Canvas.Save();
            surface.Canvas.Translate(Gap + (i % Columns * (Width + Gap)), Gap + (i / Columns * (Height + Gap)));
            Draw(surface.Canvas, font, cells[i].Image, cells[i].Picture);
            surface.Canvas.Restore();
        }
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        AtomicFile.Write(path, png.SaveTo);
    }

    public void Dispose()
    {
        foreach (var (_, picture) in cells) picture?.Dispose();
        typeface.Dispose();
    }

    private static void Draw(SKCanvas canvas, SKFont font, ClassifiedImage image, SKImage? picture)
    {
        using var paint = new SKPaint { Color = Faint, IsAntialias = true };
        if (picture is not null) canvas.DrawImage(picture, (Width - picture.Width) / 2f, (Side - picture.Height) / 2f);
        else canvas.DrawRect((Width - Side) / 2f, 0, Side, Side, paint);

        var baseline = Side + TextSize + 2;
        Write(canvas, font, Path.GetFileName(image.Path), 0, baseline, Width, Ink);
        if (image.Error is { } error)
        {
            // The name stands above it already.
            Write(canvas, font, error.StartsWith($"{image.Path}: ", StringComparison.Ordinal) ? error[(image.Path.Length + 2)..] : error, 0, baseline + Line + 4, Width, Trouble);
            return;
        }
        foreach (var prediction in (image.Predictions ?? []).Take(Answers))
        {
            baseline += AnswerHeight;
            Draw(canvas, font, prediction, baseline);
        }
    }

    private static void Draw(SKCanvas canvas, SKFont font, Prediction prediction, float baseline)
    {
        var percent = prediction.Probability.ToString("P1", CultureInfo.InvariantCulture);
        var width = font.MeasureText(percent);
        Write(canvas, font, prediction.Label, 0, baseline, Width - width - 8, Ink);
        Write(canvas, font, percent, Width - width, baseline, Width, Ink);

        using var paint = new SKPaint { Color = Faint };
        canvas.DrawRect(0, baseline + 4, Width, BarHeight, paint);
        paint.Color = Bar;
        // What is no number has no bar.
        if (float.IsFinite(prediction.Probability)) canvas.DrawRect(0, baseline + 4, Width * Math.Clamp(prediction.Probability, 0, 1), BarHeight, paint);
    }

    // What is too long ends in an ellipsis.
    private static void Write(SKCanvas canvas, SKFont font, string text, float x, float baseline, float width, SKColor color)
    {
        // Of a text however long there is room for less than this.
        if (text.Length > MostLetters) text = text[..MostLetters];
        text = text.ReplaceLineEndings(" ");
        if (font.MeasureText(text) > width)
        {
            while (text.Length > 0 && font.MeasureText(text + "…") > width) text = text[..^1];
            text += "…";
        }
        using var paint = new SKPaint { Color = color, IsAntialias = true };
        canvas.DrawText(text, x, baseline, SKTextAlign.Left, font, paint);
    }

    // The picture as the network got it, but for its size. Nothing where it cannot be read any more.
    private static SKImage? Shrink(string path)
    {
        try
        {
            var image = ImageDecoder.Decode(path, ImageFiles.Decoding);
            var scale = Math.Min((double)Side / image.Width, (double)Side / image.Height);
            var (width, height) = ((int)Math.Max(1, Math.Round(image.Width * scale)), (int)Math.Max(1, Math.Round(image.Height * scale)));
            var pixels = Resizer.Resize(
                image.Pixels, DecodedImage.BytesPerPixel, image.Width, image.Height, width, height, new(0, width), new(0, height),
                scale < 1 ? Interpolation.Bilinear : Interpolation.Nearest);
            return SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgb888x, SKAlphaType.Opaque), pixels);
        }
        catch (ImageException)
        {
            return null;
        }
    }
}
