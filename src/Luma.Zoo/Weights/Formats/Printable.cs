using System.Globalization;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Text from a file, made fit for a message.</summary>
internal static class Printable
{
    private const int Longest = 100;

    /// <summary>The text without what would disturb a terminal, and not endless.</summary>
    public static string Of(string text)
    {
        var shown = text.Length > Longest ? text[..Longest] + "..." : text;
        return string.Concat(shown.Select(Show));
    }

    /// <summary>A path without what would disturb a terminal, as long as it is.</summary>
    public static string Path(string path) => string.Concat(path.Select(Show));

    /// <summary>Whether files can have the text as it is: half a surrogate pair, as Python makes of bytes that are no text, has no bytes.</summary>
    public static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsSurrogatePair(text, i)) return false;
            i++;
        }
        return true;
    }

    private static string Show(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
        ? $"\\u{(int)c:x4}"
        : c.ToString();
}
