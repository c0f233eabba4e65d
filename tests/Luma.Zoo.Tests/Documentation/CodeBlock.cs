namespace Luma.Zoo.Tests.Documentation;

/// <summary>A fenced block of a Markdown file.</summary>
/// <param name="Line">The number of its first fence's line.</param>
/// <param name="Language">What the fence says, such as <c>csharp</c>.</param>
/// <param name="Continues">Whether the line before says that it continues the block of its language above.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record CodeBlock(int Line, string Language, bool Continues, IReadOnlyList<string> Lines)
{
    /// <summary>The line before a block that is not complete without the one above it.</summary>
    public const string ContinuesMark = "<!-- Continues the code above. -->";
}
