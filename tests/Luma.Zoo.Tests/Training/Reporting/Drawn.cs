using SkiaSharp;

namespace Luma.Zoo.Tests.Training.Reporting;

/// <summary>A PNG file that was drawn.</summary>
internal sealed class Drawn : IDisposable
{
    private readonly SKBitmap bitmap;

    public Drawn(string path)
    {
        bitmap = SKBitmap.Decode(path);
        Assert.NotNull(bitmap);
    }

    public (int Width, int Height) Size => (bitmap.Width, bitmap.Height);

    public SKColor this[int x, int y] => bitmap.GetPixel(x, y);

    /// <summary>How many pixels of a part are near a colour.</summary>
    public int Count(SKColor color, int x, int y, int width, int height, int within = 8)
    {
        var count = 0;
        for (var row = Math.Max(0, y); row < Math.Min(bitmap.Height, y + height); row++)
        {
            for (var column = Math.Max(0, x); column < Math.Min(bitmap.Width, x + width); column++)
            {
                if (IsNear(bitmap.GetPixel(column, row), color, within)) count++;
            }
        }
        return count;
    }

    /// <summary>How many pixels of a part are not white.</summary>
    public int CountInk(int x, int y, int width, int height) => (width * height) - Count(SKColors.White, x, y, width, height);

    public void Dispose() => bitmap.Dispose();

    private static bool IsNear(SKColor one, SKColor other, int within) =>
        Math.Abs(one.Red - other.Red) <= within && Math.Abs(one.Green - other.Green) <= within && Math.Abs(one.Blue - other.Blue) <= within;
}
