using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Luma.Zoo.Tests.Documentation;

/// <summary>The C# of the Markdown files compiles, as the program of a new project that has the packages.</summary>
public class SnippetTests
{
    // What a new console project has as well.
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions Language = new(LanguageVersion.CSharp14);

    private static readonly Lazy<IReadOnlyList<MetadataReference>> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))]);

    public static TheoryData<string> Files => [.. MarkdownFile.Names.Where(name => MarkdownFile.Read(name).Blocks().Any(IsCSharp))];

    [Theory, MemberData(nameof(Files))]
    public void Every_snippet_compiles(string name) => Assert.Empty(Check(MarkdownFile.Read(name)));

    [Fact]
    public void The_files_that_show_code_are_found() =>
        Assert.Superset(
            new HashSet<string>(["README.md", "docs/export.md", "docs/models.md", "docs/services.md", "src/Luma.Neural/PACKAGE.md", "src/Luma.Zoo/PACKAGE.md", "src/Luma.Zoo.ImageSharp/PACKAGE.md"]),
            Files.ToHashSet<string>());

    [Theory]
    [InlineData("Console.WriteLine(1);", null)]
    [InlineData("Console.WriteLine(ModelZoo.Create(\"lenet_5\"));", "3: The name 'ModelZoo' does not exist")]
    [InlineData("using Luma.Zoo;\nvar x = new ResNetRecipe();", "4: The type or namespace name 'ResNetRecipe'")]
    [InlineData("class Uploads { ... }", "3: Invalid token '.'")]
    [InlineData("string text = null;\nConsole.WriteLine(text);", "3: Converting null literal")]
    public void A_snippet_that_does_not_compile_is_named_with_its_line(string code, string? problem)
    {
        var problems = Check(MarkdownFile.Parse($"# Title\n```csharp\n{code}\n```"));

        if (problem is null) Assert.Empty(problems);
        else Assert.Contains(problems, found => found.StartsWith(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, "b(a);", null)]
    [InlineData(false, "b(a);", "8: The name 'b' does not exist")]
    [InlineData(true, "using System.Text;\nConsole.WriteLine(new StringBuilder(a));", null)]
    [InlineData(true, "Console.WriteLine(c);", "8: The name 'c' does not exist")]
    [InlineData(true, "Console.WriteLine(1);", "6: The block is complete, so it must not be marked as one that continues.")]
    public void A_block_continues_the_one_above_where_it_says_so(bool marked, string code, string? problem)
    {
        var mark = marked ? CodeBlock.ContinuesMark : "";

        var problems = Check(MarkdownFile.Parse($"```csharp\nvar a = 1; void b(int x) {{ }}\n```\nText.\n{mark}\n```csharp\n\n{code}\n```"));

        if (problem is null) Assert.Empty(problems);
        else Assert.Contains(problems, found => found.StartsWith(problem, StringComparison.Ordinal));
    }

    private static bool IsCSharp(CodeBlock block) => block.Language.Split(' ')[0] is "csharp" or "cs" or "c#" or "C#";

    private static List<string> Check(MarkdownFile file)
    {
        var problems = new List<string>();
        List<CodeBlock> before = [];
        foreach (var block in file.Blocks().Where(IsCSharp))
        {
            if (!block.Continues) before.Clear();
            else if (Compile([block]).Count == 0) problems.Add($"{block.Line}: The block is complete, so it must not be marked as one that continues.");
            before.Add(block);
            problems.AddRange(Compile(before));
        }
        return problems;
    }

    // One after another, with their using directives first; warnings count.
    private static List<string> Compile(IReadOnlyList<CodeBlock> blocks)
    {
        var lines = blocks.SelectMany(block => block.Lines.Select((text, place) => (Text: text, Line: block.Line + place + 1)))
            .OrderBy(line => !IsUsingDirective(line.Text))
            .ToList();
        var text = string.Join('\n', lines.Select(line => $"#line {line.Line}\n{line.Text}"));
        // No mistakes here: usings that two blocks both have, and what is there to be used by the next block, or by the reader.
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable)
            .WithSpecificDiagnosticOptions(((string[])["CS0105", "CS0168", "CS0219", "CS8321"]).Select(id => KeyValuePair.Create(id, ReportDiagnostic.Suppress)));
        var compilation = CSharpCompilation.Create(
            "Snippet", [CSharpSyntaxTree.ParseText(ImplicitUsings, Language), CSharpSyntaxTree.ParseText(text, Language)], References.Value, options);
        return [.. compilation.GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)
            .Select(diagnostic => $"{diagnostic.Location.GetMappedLineSpan().StartLinePosition.Line + 1}: {diagnostic.GetMessage(null)}")];
    }

    private static bool IsUsingDirective(string line) =>
        line.StartsWith("using ", StringComparison.Ordinal) && SyntaxFactory.ParseCompilationUnit(line, options: Language) is { Usings.Count: 1, Members.Count: 0 };
}
