using System.CommandLine;
using System.Text.RegularExpressions;
using Luma.Zoo.Cli;
using Luma.Zoo.Tests.Cli;

namespace Luma.Zoo.Tests.Documentation;

/// <summary>The command lines of the Markdown files are understood by the program. Only the first is run.</summary>
public partial class DocumentedCommandTests
{
    private const string Photo = "data/images/dog2.jpg", PhotoWeights = "data/weights/squeezenet1_0-deep-compression.pth";

    private const string FromSource = "dotnet run --project src/Luma.Zoo.Cli -c Release -- ";

    // Options of other programs that the text speaks of.
    private static readonly HashSet<string> Foreign = ["--requeue"];

    private static readonly RootCommand Root = CommandLine.CreateRoot(new Terminal(TextWriter.Null, TextWriter.Null));

    public static TheoryData<string> Files => [.. MarkdownFile.Names];

    [Theory, MemberData(nameof(Files))]
    public void Every_command_line_is_understood(string name) => Assert.Empty(Check(MarkdownFile.Read(name)));

    [SharedFact(Photo, PhotoWeights)]
    public async Task What_the_readme_begins_with_is_what_the_program_answers()
    {
        var shown = MarkdownFile.Read("README.md").Blocks().First();
        var args = Typed(shown).Single().Text["luma ".Length..]
            .Replace("deep-compression.pth", SharedFiles.Find(PhotoWeights)!, StringComparison.Ordinal)
            .Replace("dog2.jpg", SharedFiles.Find(Photo)!, StringComparison.Ordinal);

        var run = await Run.Of(args.Split(' '));

        Assert.Equal(Cells(shown.Lines.Skip(1)), Cells(run.Lines));
    }

    // The columns are wider where the path of the photo is longer.
    private static IEnumerable<string> Cells(IEnumerable<string> table) =>
        table.SelectMany(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Where(cell => cell[0] != '─').Select(Path.GetFileName)!;

    [Fact]
    public void The_readme_shows_every_command()
    {
        var shown = MarkdownFile.Read("README.md").Prose().SelectMany(line => MarkdownFile.Spans(line.Text)).Where(span => span.StartsWith("luma ", StringComparison.Ordinal))
            .Select(span => span.Split(' ')[1]).ToHashSet();

        Assert.Superset(Root.Subcommands.Select(command => command.Name).ToHashSet(), shown);
    }

    [Theory]
    [InlineData("```\nluma classify resnet50 photo.jpg --top 3\n```", null)]
    [InlineData("```\n$ luma classify resnet50 photo.jpg\nluma says this\n```", null)]
    [InlineData("```\nluma classify \"my model\" 'a b.jpg' --sheet \"out {shard}.png\" | head > x # why\n```", null)]
    [InlineData("```\nluma clasify resnet50 photo.jpg\n```", "2: There is no command 'clasify'")]
    [InlineData("```\nluma classify resnet50 photo.jpg --tpo 3\n```", "2: There is no option '--tpo'")]
    [InlineData("```\nluma classify resnet50 photo.jpg --top three\n```", "2: ")]
    [InlineData("```\nluma pack resnet50\n```", "2: ")]
    [InlineData("```\n$ dotnet run --project src/Luma.Zoo.Cli -c Release -- nothing\n```", "2: There is no command 'nothing'")]
    [InlineData("Say `luma pack MODEL` or `luma --version`.", null)]
    [InlineData("Say `luma wrap MODEL`.", "1: There is no command 'wrap'")]
    [InlineData("Say `luma list --tpo`.", "1: `luma list` has no option --tpo")]
    [InlineData("Say `--top`.", null)]
    [InlineData("Say `--tpo N`.", "1: No command has an option --tpo")]
    [InlineData("| `luma list [GLOB]` | shows; `--family` |", null)]
    [InlineData("| `luma list [GLOB]` | shows; `--sheet` |", "1: `luma list` has no option --sheet")]
    public void A_command_line_that_is_not_understood_is_named_with_its_line(string text, string? problem)
    {
        var problems = Check(MarkdownFile.Parse(text));

        if (problem is null) Assert.Empty(problems);
        else Assert.StartsWith(problem, Assert.Single(problems), StringComparison.Ordinal);
    }

    private static List<string> Check(MarkdownFile file) =>
    [
        .. from block in file.Blocks()
           where block.Language is "" or "sh" or "bash" or "console"
           from line in Typed(block)
           let problem = CheckLine(line.Text)
           where problem is not null
           select $"{line.Line}: {problem}",
        // What is written for contributors speaks of the options of scripts too.
        .. from line in file.Prose()
           where !file.Name.StartsWith("tests/", StringComparison.Ordinal) && !file.Name.StartsWith("zoo/", StringComparison.Ordinal)
           let ofRow = Row().Match(line.Text) is { Success: true } row ? row.Groups[1].Value : null
           from span in MarkdownFile.Spans(line.Text)
           let problem = CheckSpan(span, ofRow)
           where problem is not null
           select $"{line.Line}: {problem}",
    ];

    // Where there are prompts, everything else is output.
    private static IEnumerable<(int Line, string Text)> Typed(CodeBlock block)
    {
        var prompts = block.Lines.Any(line => line.StartsWith("$ ", StringComparison.Ordinal));
        return block.Lines.Select((text, place) => (Line: block.Line + place + 1, Text: text))
            .Where(line => !prompts || line.Text.StartsWith("$ ", StringComparison.Ordinal))
            .Select(line => (line.Line, line.Text.StartsWith("$ ", StringComparison.Ordinal) ? line.Text[2..] : line.Text));
    }

    // A line to be typed is complete.
    private static string? CheckLine(string line)
    {
        var start = line.StartsWith("luma ", StringComparison.Ordinal) ? "luma " : line.StartsWith(FromSource, StringComparison.Ordinal) ? FromSource : null;
        if (start is null) return null;

        var args = Words().Matches(line[start.Length..]).Select(match => match.Value)
            .TakeWhile(word => word is not ("|" or ">" or ">>" or "<" or "&&" or ";" or "\\") && word[0] != '#')
            .Select(word => word.Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal))
            .ToList();
        return UsageMistakes.Find(CommandLine.Parse(Root, args), args);
    }

    // A command in a sentence may lack arguments, but has no option that there is not.
    private static string? CheckSpan(string span, string? ofRow)
    {
        var words = span.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is ["luma", ..] && words.Length > 1)
        {
            if (words[1].StartsWith('-') || words[1] == "COMMAND") return UnknownOption(Root, words[1..]);
            return Root.Subcommands.SingleOrDefault(command => command.Name == words[1]) is { } command
                ? UnknownOption(command, words)
                : $"There is no command '{words[1]}'";
        }
        if (!span.StartsWith("--", StringComparison.Ordinal) || span == "--" || Foreign.Contains(words[0])) return null;
        if (ofRow is not null) return UnknownOption(Root.Subcommands.Single(command => command.Name == ofRow), words);
        return Root.Subcommands.Any(command => UnknownOption(command, words) is null) ? null : $"No command has an option {words[0]}";
    }

    private static string? UnknownOption(Command command, IEnumerable<string> words)
    {
        var known = command.Options.Concat(Root.Options.Where(option => option.Recursive || command == Root)).SelectMany(option => option.Aliases.Prepend(option.Name)).ToHashSet();
        return words.FirstOrDefault(word => word.StartsWith("--", StringComparison.Ordinal) && !known.Contains(word)) is { } unknown
            ? $"`luma {command.Name}` has no option {unknown}"
            : null;
    }

    [GeneratedRegex(@"^\| `luma ([a-z]+)")]
    private static partial Regex Row();

    [GeneratedRegex("""(?:[^\s"']|"[^"]*"|'[^']*')+""")]
    private static partial Regex Words();
}
