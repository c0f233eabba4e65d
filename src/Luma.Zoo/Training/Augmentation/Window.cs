using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>A rectangle of pixels.</summary>
internal readonly record struct Window(int Left, int Top, int Width, int Height)
{
    /// <summary>The same, where it lies in the image.</summary>
    public PixelArea ToArea() => new(Left, Top, Width, Height);
}
