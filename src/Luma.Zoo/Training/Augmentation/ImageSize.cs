using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>A height and a width in pixels. As JSON: one number for both, or <c>[height, width]</c>.</summary>
/// <param name="Height">The height.</param>
/// <param name="Width">The width.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct ImageSize(int Height, int Width)
{
    private const int Largest = 4096;

    /// <summary>Makes a square.</summary>
    /// <param name="side">Height and width.</param>
    public static implicit operator ImageSize(int side) => new(side, side);

    /// <summary>Makes a square.</summary>
    /// <param name="side">Height and width.</param>
    /// <returns>The size.</returns>
    public static ImageSize FromInt32(int side) => side;

    /// <inheritdoc/>
    public override string ToString() => $"({Height}, {Width})";

    internal void Validate(string name)
    {
        if (Height is < 1 or > Largest || Width is < 1 or > Largest)
            throw new ArgumentException($"A size has a height and a width from 1 to {Largest}, not {this}.", name);
    }

    internal sealed class Converter() : NumbersConverter<ImageSize>("a size in pixels or [height, width]")
    {
        protected override ImageSize? FromNumbers(double[] numbers) => numbers.All(number => number == (int)number)
            ? numbers switch
            {
                [var side] => (int)side,
                [var height, var width] => new((int)height, (int)width),
                _ => null,
            }
            : null;

        protected override double[] ToNumbers(ImageSize value) => value.Height == value.Width ? [value.Height] : [value.Height, value.Width];
    }
}
