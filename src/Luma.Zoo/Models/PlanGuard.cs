using System.Globalization;
using System.Runtime.CompilerServices;

namespace Luma.Zoo.Models;

/// <summary>
/// What networks check about the plans that they are made from. A failure names the part of the plan, such as <c>plan.Channels</c>.
/// </summary>
internal static class PlanGuard
{
    // More channels than any memory holds.
    private const double MostFactor = 1e6;

    /// <summary>Checks that there are stages, and that two lists have a number of at least 1 for each of them.</summary>
    /// <param name="one">One of the lists.</param>
    /// <param name="other">The other.</param>
    /// <param name="oneName">What the one is called.</param>
    /// <param name="otherName">What the other is called.</param>
    /// <exception cref="ArgumentException">There is no stage, or the lists differ in length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static void Stages(
        IReadOnlyList<int> one, IReadOnlyList<int> other, [CallerArgumentExpression(nameof(one))] string? oneName = null,
        [CallerArgumentExpression(nameof(other))] string? otherName = null)
    {
        ArgumentNullException.ThrowIfNull(one, oneName);
        ArgumentNullException.ThrowIfNull(other, otherName);
        if (one.Count == 0) throw new ArgumentException("A network needs at least one stage.", oneName);
        if (one.Count != other.Count)
            throw new ArgumentException(Text($"{oneName} is for {one.Count} stages, but {otherName} is for {other.Count}."), otherName);
        foreach (var number in one) AtLeast(1, number, oneName);
        foreach (var number in other) AtLeast(1, number, otherName);
    }

    /// <summary>Checks that there is something in a list.</summary>
    /// <typeparam name="T">What is in it.</typeparam>
    /// <param name="items">The list.</param>
    /// <param name="problem">What is said where there is nothing.</param>
    /// <param name="name">What the list is called.</param>
    /// <exception cref="ArgumentException">There is nothing.</exception>
    public static void Some<T>(IReadOnlyList<T> items, string problem, [CallerArgumentExpression(nameof(items))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items, name);
        if (items.Count == 0 || items.Any(item => item is null)) throw new ArgumentException(problem, name);
    }

    /// <summary>Checks that there are rows, and that their numbers are at least 1.</summary>
    /// <typeparam name="TRow">The kind of row.</typeparam>
    /// <param name="rows">The rows.</param>
    /// <param name="numbers">A row's numbers.</param>
    /// <param name="name">What the rows are called.</param>
    /// <exception cref="ArgumentException">There is no row.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static void Rows<TRow>(
        IReadOnlyList<TRow> rows, Func<TRow, long[]> numbers, [CallerArgumentExpression(nameof(rows))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(rows, name);
        if (rows.Count == 0) throw new ArgumentException("A network needs at least one row of blocks.", name);
        foreach (var row in rows)
        {
            if (numbers(row).Any(number => number < 1))
                throw new ArgumentOutOfRangeException(name, row, "The numbers in a row must be at least 1.");
        }
    }

    /// <summary>Checks that a number is not too small.</summary>
    /// <param name="least">The least that it may be.</param>
    /// <param name="number">The number.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is less.</exception>
    public static void AtLeast(long least, long number, [CallerArgumentExpression(nameof(number))] string? name = null)
    {
        if (number < least) throw new ArgumentOutOfRangeException(name, number, Text($"Must be at least {least}."));
    }

    /// <summary>Checks that a number lies between two others.</summary>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The most that it may be.</param>
    /// <param name="number">The number.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not.</exception>
    public static void Between(long least, long most, long number, [CallerArgumentExpression(nameof(number))] string? name = null)
    {
        if (number < least || number > most) throw new ArgumentOutOfRangeException(name, number, Text($"Must lie between {least} and {most}."));
    }

    /// <summary>Checks that a factor on a network's width is a positive number.</summary>
    /// <param name="factor">The factor.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public static void Positive(double factor, [CallerArgumentExpression(nameof(factor))] string? name = null)
    {
        if (!(factor is > 0 and <= MostFactor)) throw new ArgumentOutOfRangeException(name, factor, Text($"Must be positive, and at most {MostFactor}."));
    }

    /// <summary>Checks that a number is finite.</summary>
    /// <param name="number">The number.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is infinite, or not a number.</exception>
    public static void Finite(double number, [CallerArgumentExpression(nameof(number))] string? name = null)
    {
        if (!double.IsFinite(number)) throw new ArgumentOutOfRangeException(name, number, "Must be finite.");
    }

    /// <summary>Checks that windows have a middle, as padding that keeps the size needs.</summary>
    /// <param name="windows">The sides of the windows.</param>
    /// <param name="name">The part of the plan that has them.</param>
    /// <exception cref="ArgumentOutOfRangeException">A side is even.</exception>
    public static void Odd(IEnumerable<int> windows, string name)
    {
        foreach (var window in windows)
        {
            if (window % 2 == 0) throw new ArgumentOutOfRangeException(name, window, "The sides of windows must be odd.");
        }
    }

    /// <summary>Checks that channels can be divided into equal parts.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <param name="divisor">What it must be a multiple of.</param>
    /// <param name="name">The part of the plan that is named; by default the divisor.</param>
    /// <exception cref="ArgumentException">It is not a multiple.</exception>
    public static void Divides(long channels, long divisor, [CallerArgumentExpression(nameof(divisor))] string? name = null)
    {
        if (channels % divisor != 0) throw new ArgumentException(Text($"{channels} channels are not a multiple of {divisor}."), name);
    }

    /// <summary>Checks that a probability is one.</summary>
    /// <param name="probability">The probability.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie between 0 and 1.</exception>
    public static void Probability(double probability, [CallerArgumentExpression(nameof(probability))] string? name = null)
    {
        if (probability is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(name, probability, "Must lie between 0 and 1.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
