namespace Luma.Zoo.Images;

/// <summary>A rectangle of an image's pixels.</summary>
/// <param name="Left">Its first column.</param>
/// <param name="Top">Its first row.</param>
/// <param name="Width">How many columns it has.</param>
/// <param name="Height">How many rows it has.</param>
internal readonly record struct PixelArea(int Left, int Top, int Width, int Height);
