using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>
/// How far an image leans along each axis, in degrees. As JSON: one number, so much either way across; <c>[least, greatest]</c> across; or
/// four numbers, across and down.
/// </summary>
/// <param name="Across">Along the width.</param>
/// <param name="Down">Along the height.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct ShearRanges(ValueRange Across, ValueRange Down)
{
    internal sealed class Converter() : NumbersConverter<ShearRanges>("a number, [least, greatest] or four numbers")
    {
        protected override ShearRanges? FromNumbers(double[] numbers) => numbers switch
        {
            [var most] => new((-most, most), default),
            [var least, var greatest] => new((least, greatest), default),
            [var left, var right, var up, var down] => new((left, right), (up, down)),
            _ => null,
        };

        protected override double[] ToNumbers(ShearRanges value) =>
            value.Down != default ? [value.Across.Least, value.Across.Greatest, value.Down.Least, value.Down.Greatest]
            : value.Across.Least == -value.Across.Greatest ? [value.Across.Greatest]
            : [value.Across.Least, value.Across.Greatest];
    }
}
