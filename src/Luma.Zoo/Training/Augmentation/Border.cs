using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>
/// How many pixels are added on each side. As JSON: one number for all sides, <c>[across, down]</c>, or <c>[left, top, right, bottom]</c>.
/// </summary>
/// <param name="Left">The columns before the image.</param>
/// <param name="Top">The rows above it.</param>
/// <param name="Right">The columns after it.</param>
/// <param name="Bottom">The rows below it.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct Border(int Left, int Top, int Right, int Bottom)
{
    private const int Largest = 4096;

    /// <summary>Makes a border that is as wide on all sides.</summary>
    /// <param name="width">The width in pixels.</param>
    public static implicit operator Border(int width) => new(width, width, width, width);

    /// <summary>Makes a border that is as wide on all sides.</summary>
    /// <param name="width">The width in pixels.</param>
    /// <returns>The border.</returns>
    public static Border FromInt32(int width) => width;

    /// <inheritdoc/>
    public override string ToString() => $"({Left}, {Top}, {Right}, {Bottom})";

    internal void Validate(string name)
    {
        if (Left is < 0 or > Largest || Top is < 0 or > Largest || Right is < 0 or > Largest || Bottom is < 0 or > Largest)
            throw new ArgumentException($"A padding is from 0 to {Largest} pixels, not {this}.", name);
    }

    internal sealed class Converter() : NumbersConverter<Border>("a number of pixels, [across, down] or [left, top, right, bottom]")
    {
        protected override Border? FromNumbers(double[] numbers) => numbers.All(number => number == (int)number)
            ? numbers switch
            {
                [var all] => (int)all,
                [var across, var down] => new((int)across, (int)down, (int)across, (int)down),
                [var left, var top, var right, var bottom] => new((int)left, (int)top, (int)right, (int)bottom),
                _ => null,
            }
            : null;

        protected override double[] ToNumbers(Border value) => value == value.Left
            ? [value.Left]
            : [value.Left, value.Top, value.Right, value.Bottom];
    }
}
