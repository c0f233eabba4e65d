using System.Globalization;
using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>What a number is drawn from, each part as likely. As JSON: <c>[least, greatest]</c>.</summary>
/// <param name="Least">The least.</param>
/// <param name="Greatest">The greatest.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct ValueRange(double Least, double Greatest)
{
    /// <summary>Makes a range of two numbers.</summary>
    /// <param name="range">The least and the greatest.</param>
    public static implicit operator ValueRange((double Least, double Greatest) range) => new(range.Least, range.Greatest);

    /// <summary>Makes a range of two numbers.</summary>
    /// <param name="range">The least and the greatest.</param>
    /// <returns>The range.</returns>
    public static ValueRange FromValueTuple((double Least, double Greatest) range) => range;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({Least}, {Greatest})");

    internal double Draw(SampleRandom random) => random.NextDouble(Least, Greatest);

    /// <summary>Draws a factor: twice as much is as likely as half.</summary>
    internal double DrawFactor(SampleRandom random) => Math.Exp(random.NextDouble(Math.Log(Least), Math.Log(Greatest)));

    internal void Validate(string name, double from = double.MinValue, double to = double.MaxValue, bool above = false)
    {
        if (double.IsFinite(Least) && double.IsFinite(Greatest) && Least <= Greatest && Greatest <= to && (above ? Least > from : Least >= from)) return;

        var bounds = (from, to) switch
        {
            (double.MinValue, double.MaxValue) => "",
            (_, double.MaxValue) => $"{(above ? " above" : ", none below")} {from}",
            _ => $" from {from} to {to}",
        };
        throw new ArgumentException(
            string.Create(CultureInfo.InvariantCulture, $"Expected two finite numbers{bounds}, the lesser first, got {this}."), name);
    }

    internal sealed class Converter() : NumbersConverter<ValueRange>("[least, greatest]")
    {
        protected override ValueRange? FromNumbers(double[] numbers) => numbers is [var least, var greatest] ? (least, greatest) : null;

        protected override double[] ToNumbers(ValueRange value) => [value.Least, value.Greatest];
    }

    /// <summary>One number is so much either way of 0.</summary>
    internal sealed class EitherWay() : NumbersConverter<ValueRange>("a number or [least, greatest]")
    {
        protected override ValueRange? FromNumbers(double[] numbers) => numbers switch
        {
            [var most] => (-most, most),
            [var least, var greatest] => (least, greatest),
            _ => null,
        };

        protected override double[] ToNumbers(ValueRange value) =>
            value.Least == -value.Greatest ? [value.Greatest] : [value.Least, value.Greatest];
    }

    /// <summary>One number is so much either way of 1, but not below 0.</summary>
    internal sealed class AroundOne() : NumbersConverter<ValueRange>("a number or [least, greatest]")
    {
        public static ValueRange Of(double most) => (Math.Max(1 - most, 0), 1 + most);

        protected override ValueRange? FromNumbers(double[] numbers) => numbers switch
        {
            [var most] => Of(most),
            [var least, var greatest] => (least, greatest),
            _ => null,
        };

        protected override double[] ToNumbers(ValueRange value) =>
            Math.Round(value.Greatest - 1, 12) is var most && value == Of(most) ? [most] : [value.Least, value.Greatest];
    }
}
