using System.Globalization;
using System.Text;

namespace Luma.Zoo.Cli;

/// <summary>Text that comes from elsewhere, such as names of files, as people are shown it.</summary>
internal static class Shown
{
    /// <summary>A name on one line, without what would move the cursor, change colours or turn the order of letters on a terminal.</summary>
    public static string Name(string text)
    {
        if (!text.Any(Disturbs)) return text;

        var shown = new StringBuilder();
        foreach (var c in text)
        {
            if (Disturbs(c)) shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else shown.Append(c);
        }
        return shown.ToString();
    }

    /// <summary>A message on one line. Where its lines have no sign at their ends, they are told apart by a semicolon.</summary>
    public static string Message(string text)
    {
        var message = new StringBuilder();
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (message.Length > 0) message.Append(message[^1] is '.' or ':' or ';' or ',' or '?' or '!' ? " " : "; ");
            message.Append(line);
        }
        return Name(message.ToString());
    }

    // Joiners are parts of emoji and of words in some scripts; marks of direction are not needed in a name.
    private static bool Disturbs(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
