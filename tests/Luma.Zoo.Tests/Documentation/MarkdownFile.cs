using System.Text.RegularExpressions;
using Luma.Zoo.Tests.Packages;

namespace Luma.Zoo.Tests.Documentation;

/// <summary>A Markdown file of the repository.</summary>
/// <param name="Name">Its path from the repository's root, with slashes.</param>
/// <param name="Lines">Its lines.</param>
internal sealed partial record MarkdownFile(string Name, IReadOnlyList<string> Lines)
{
    /// <summary>Every Markdown file that users or contributors read.</summary>
    public static IReadOnlyList<string> Names { get; } = FindNames();

    /// <summary>Reads one of them.</summary>
    public static MarkdownFile Read(string name) => new(name, File.ReadAllLines(Path.Combine(Repository.Root, name)));

    /// <summary>Takes a text apart as if it were a file.</summary>
    public static MarkdownFile Parse(string text) => new("", text.ReplaceLineEndings("\n").Split('\n'));

    /// <summary>Its fenced blocks, in order.</summary>
    public IEnumerable<CodeBlock> Blocks()
    {
        CodeBlock? open = null;
        var lines = new List<string>();
        for (var i = 0; i < Lines.Count; i++)
        {
            if (!Lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                if (open is not null) lines.Add(Lines[i]);
            }
            else if (open is null)
            {
                open = new(i + 1, Lines[i].TrimStart().Trim('`').Trim(), i > 0 && Lines[i - 1].Trim() == CodeBlock.ContinuesMark, []);
            }
            else
            {
                yield return open with { Lines = [.. lines] };
                open = null;
                lines.Clear();
            }
        }
        if (open is not null) throw new InvalidDataException($"{Name}({open.Line}): the block has no end.");
    }

    /// <summary>Its lines outside of fenced blocks, with their numbers.</summary>
    public IEnumerable<(int Line, string Text)> Prose()
    {
        var inside = false;
        for (var i = 0; i < Lines.Count; i++)
        {
            if (Lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal)) inside = !inside;
            else if (!inside) yield return (i + 1, Lines[i]);
        }
    }

    /// <summary>The code in a line of prose.</summary>
    public static IEnumerable<string> Spans(string line) => CodeSpan().Matches(line).Select(match => match.Groups[1].Value.Replace(@"\|", "|", StringComparison.Ordinal));

    private static List<string> FindNames()
    {
        IEnumerable<string> folders = ["", "zoo", .. new[] { "src", "tests" }.SelectMany(name => Directory.GetDirectories(Path.Combine(Repository.Root, name)))];
        return [.. folders.Select(folder => Path.Combine(Repository.Root, folder))
            .SelectMany(folder => Directory.GetFiles(folder, "*.md"))
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();
}
