using System.CommandLine;
using System.Text.RegularExpressions;
using Luma.Zoo.Cli;

namespace Luma.Zoo.Tests.Cli;

/// <summary>The help of every command that the program has.</summary>
public partial class HelpTests
{
    private const int MostColumns = 120, LongestDescription = 170;

    // The program itself stands first, under no name.
    private static List<Command> All
    {
        get
        {
            var root = CommandLine.CreateRoot(new Terminal(TextWriter.Null, TextWriter.Null));
            return [root, .. root.Subcommands];
        }
    }

    public static TheoryData<string> Commands => [.. All.Select((command, place) => place == 0 ? "" : command.Name)];

    private static async Task<(Command Command, Command Root, string Help)> HelpOf(string name, string option = "--help")
    {
        var all = All;
        var run = await Run.Of(name.Length == 0 ? [option] : [name, option]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return (all.Single(command => command == all[0] ? name.Length == 0 : command.Name == name), all[0], run.Output);
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task Everything_is_explained_in_whole_sentences(string name)
    {
        var (command, root, help) = await HelpOf(name);
        var text = Spaces().Replace(help, " ");

        Symbol[] symbols = [command, .. command.Arguments, .. command.Options, .. command.Subcommands, .. root.Options.Where(option => option.Recursive)];
        Assert.All(symbols, symbol =>
        {
            Assert.Matches("^[A-Z][^\n]*[^.]\\.$", symbol.Description);
            Assert.DoesNotContain("  ", symbol.Description, StringComparison.Ordinal);
            if (symbol != root) Assert.InRange(symbol.Description!.Length, 1, LongestDescription);
        });
        // Columns are folded word by word, so a description's words come in their order, with others between them.
        Assert.All(symbols, symbol => Assert.True(ComeInOrder(symbol.Description!.Split(' '), text.Split(' ')), symbol.Description));
        Assert.All(command.Options.Where(option => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool)), option =>
        {
            Assert.Matches("^[A-Z|/a-z,-]+$", option.HelpName);
            Assert.Contains($"{option.Name} <{option.HelpName}>", text, StringComparison.Ordinal);
        });
        Assert.DoesNotContain(text.Split(' '), word => word.Trim('.', ',').Equals("verb", StringComparison.OrdinalIgnoreCase));
        // Arguments are called the same wherever they are named.
        Assert.All(command.Arguments, argument => Assert.True(text.Split($"<{argument.Name}>").Length > 2, argument.Name));
        if (command == root) Assert.Contains(" [command] [options]", text, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task Every_option_is_listed_and_no_other_is_spoken_of(string name)
    {
        var (command, root, help) = await HelpOf(name);
        var known = command.Options.Concat(root.Options.Where(option => option.Recursive || command == root)).SelectMany(option => option.Aliases.Prepend(option.Name)).ToHashSet();

        var spokenOf = OptionName().Matches(help).Select(match => match.Value).ToHashSet();

        Assert.Equal(known.Where(option => option.StartsWith("--", StringComparison.Ordinal)).Order(), spokenOf.Order());
        if (command != root) Assert.Superset(new HashSet<string>(["--json", "--verbose", "--help"]), spokenOf);
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task No_line_is_wider_than_it_should_be(string name)
    {
        var (_, _, help) = await HelpOf(name);

        Assert.All(help.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, MostColumns));
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task Every_way_to_ask_for_help_gives_it(string name)
    {
        var (_, _, help) = await HelpOf(name);

        foreach (var option in (string[])["-h", "-?"]) Assert.Equal(help, (await HelpOf(name, option)).Help);
        Assert.Equal(help, (await Run.Of(name.Length == 0 ? [] : ["--help", name])).Output);
    }

    [Fact]
    public async Task The_program_names_every_command_and_exit_code()
    {
        var (root, _, help) = await HelpOf("");
        var text = Spaces().Replace(help, " ");

        Assert.All(root.Subcommands, command => Assert.Contains($"  {command.Name} ", help, StringComparison.Ordinal));
        Assert.All(["0 fine", "1 an image", "2 incorrect usage", "70 internal", "130 cancelled"], code => Assert.Contains(code, text, StringComparison.Ordinal));
        var version = await Run.Of("--version");
        Assert.Equal((0, ""), (version.ExitCode, version.Error));
        Assert.Matches(@"^\d+\.\d+\.\d+", version.Output);
    }

    private static bool ComeInOrder(string[] words, string[] text)
    {
        var found = 0;
        foreach (var word in text)
        {
            if (found < words.Length && word == words[found]) found++;
        }
        return found == words.Length;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]*")]
    private static partial Regex OptionName();
}
