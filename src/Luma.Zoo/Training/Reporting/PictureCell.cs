using SkiaSharp;

namespace Luma.Zoo.Training.Reporting;

/// <summary>A picture on a sheet, with lines of text below it.</summary>
/// <param name="Picture">The picture, which the cell owns.</param>
/// <param name="Lines">The lines.</param>
internal sealed record PictureCell(SKImage Picture, IReadOnlyList<(string Text, SKColor Color)> Lines) : IDisposable
{
    public void Dispose() => Picture.Dispose();
}
