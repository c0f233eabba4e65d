namespace Luma.Zoo.Training.Augmentation;

/// <summary>A rectangle of pixels.</summary>
internal readonly record struct Window(int Left, int Top, int Width, int Height);
