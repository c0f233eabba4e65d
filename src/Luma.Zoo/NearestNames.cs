namespace Luma.Zoo;

/// <summary>Finds the names that somebody who mistyped one may have meant.</summary>
internal static class NearestNames
{
    /// <summary>The nearest by edit distance, as long as no more than a third of the letters differ.</summary>
    public static string[] To(string text, IEnumerable<string> names) =>
    [
        .. names
            .Select(name => (Name: name, Distance: Distance(name.ToLowerInvariant(), text.ToLowerInvariant())))
            .Where(candidate => candidate.Distance <= Math.Max(2, candidate.Name.Length / 3))
            .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(3)
            .Select(candidate => candidate.Name),
    ];

    /// <summary>How many letters have to be put in, taken out or changed to make one text the other.</summary>
    public static int Distance(string left, string right)
    {
        var previous = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var current = new int[right.Length + 1];
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substitution = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[^1];
    }
}
