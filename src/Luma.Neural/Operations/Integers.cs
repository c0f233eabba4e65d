using System.Collections;
using System.Runtime.CompilerServices;

namespace Luma.Neural.Operations;

/// <summary>A list of numbers that cannot change and is compared by its elements: sizes, strides, dimensions.</summary>
[CollectionBuilder(typeof(Integers), nameof(Create))]
public readonly struct Integers : IReadOnlyList<long>, IEquatable<Integers>
{
    private readonly long[]? numbers;

    private Integers(long[] numbers) => this.numbers = numbers;

    /// <summary>Makes a list.</summary>
    /// <param name="numbers">The numbers, which are copied.</param>
    /// <returns>The list.</returns>
    public static Integers Create(ReadOnlySpan<long> numbers) => new(numbers.ToArray());

    /// <inheritdoc/>
    public int Count => Array.Length;

    /// <inheritdoc/>
    public long this[int index] => Array[index];

    // libtorch's bindings take arrays, and do not write to them.
    internal long[] Array => numbers ?? [];

    /// <summary>A copy of the numbers.</summary>
    public static implicit operator Integers(long[] numbers) => Create(numbers);

    /// <summary>Whether two lists have the same numbers in the same order.</summary>
    public static bool operator ==(Integers left, Integers right) => left.Equals(right);

    /// <summary>Whether two lists differ.</summary>
    public static bool operator !=(Integers left, Integers right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Integers other) => Array.AsSpan().SequenceEqual(other.Array);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Integers other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var number in Array) hash.Add(number);
        return hash.ToHashCode();
    }

    /// <summary>The numbers in brackets: <c>[1, 2]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", Array)}]";

    /// <inheritdoc/>
    public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)Array).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
