using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>How far an image is moved at most, either way. As JSON: <c>[across, down]</c>.</summary>
/// <param name="Across">In parts of the width, from 0 to 1.</param>
/// <param name="Down">In parts of the height, from 0 to 1.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct ShiftLimits(double Across, double Down)
{
    internal sealed class Converter() : NumbersConverter<ShiftLimits>("[across, down]")
    {
        protected override ShiftLimits? FromNumbers(double[] numbers) => numbers is [var across, var down] ? new(across, down) : null;

        protected override double[] ToNumbers(ShiftLimits value) => [value.Across, value.Down];
    }
}
