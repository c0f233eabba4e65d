using System.Text.Json;

namespace Luma.Zoo.Files;

/// <summary>
/// Finds members of a JSON object that somebody mistyped: what is left out has its default, which would count in silence. A member that is
/// like none of ours is somebody's own, or a newer release's.
/// </summary>
internal static class MemberNames
{
    /// <summary>Refuses mistyped members.</summary>
    /// <param name="element">The object; what is none has no members.</param>
    /// <param name="owner">What to call it.</param>
    /// <param name="known">The members that it may have.</param>
    /// <param name="elsewhere">Members that only other objects of the same file have, and the object of each.</param>
    /// <exception cref="JsonException">A member is mistyped, is there twice, or belongs to another object.</exception>
    public static void Check(JsonElement element, string owner, IReadOnlyCollection<string> known, IEnumerable<(string Member, string Owner)>? elsewhere = null)
    {
        if (element.ValueKind != JsonValueKind.Object) return;

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            var name = member.Name;
            if (!seen.Add(name)) throw new JsonException($"{owner} has '{name}' twice");
            if (known.Contains(name)) continue;
            if (known.FirstOrDefault(one => IsMeant(one, name)) is { } meant) throw new JsonException($"{owner} has no member '{name}'; did you mean '{meant}'?");
            // An object under such a name is something else.
            if (member.Value.ValueKind == JsonValueKind.Object) continue;
            if ((elsewhere ?? []).FirstOrDefault(other => IsMeant(other.Member, name)) is { Member: { } there, Owner: { } place })
                throw new JsonException($"{owner} has no member '{name}': '{there}' belongs in {place}");
        }
    }

    // A letter of a short name, and no more than a quarter of a long one; how words are joined does not count.
    private static bool IsMeant(string known, string written) =>
        written.Length <= 2 * known.Length && NearestNames.Distance(Letters(known), Letters(written)) <= Math.Max(1, known.Length / 4);

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
