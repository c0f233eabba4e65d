using System.Text.Json;
using System.Text.RegularExpressions;

namespace Luma.Zoo.Tests.Packages;

/// <summary>A THIRD-PARTY-NOTICES.txt that was read.</summary>
/// <param name="Packages">The packages that it names, as <c>ID/VERSION</c>, each with its lines.</param>
/// <param name="Texts">The texts at its end, by number.</param>
internal sealed partial record Notices(IReadOnlyDictionary<string, IReadOnlyList<string>> Packages, IReadOnlyDictionary<string, string> Texts)
{
    /// <summary>Takes the file's text apart.</summary>
    public static Notices Parse(string text)
    {
        var parts = Ruler().Split(text);
        var packages = parts[0].Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(lines => lines[0].Replace(' ', '/'), lines => (IReadOnlyList<string>)[.. lines[1..]]);
        return new(packages, parts.Skip(1).ToDictionary(part => part[..(part.IndexOf(']', StringComparison.Ordinal) + 1)]));
    }

    /// <summary>All texts that go with a package.</summary>
    public IEnumerable<string> TextsOf(string package) =>
        Packages[package].Single(line => line.StartsWith("  Texts: ", StringComparison.Ordinal))["  Texts: ".Length..].Split(", ").Select(number => Texts[number]);

    /// <summary>The packages that a <c>.deps.json</c> names.</summary>
    public static IEnumerable<string> Dependencies(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() is "package" or "runtimepack")
            .Select(library => library.Name.Replace("runtimepack.", "", StringComparison.Ordinal))];
    }

    [GeneratedRegex("^={100}\n", RegexOptions.Multiline)]
    private static partial Regex Ruler();
}
