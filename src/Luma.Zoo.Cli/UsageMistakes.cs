using System.CommandLine;
using System.CommandLine.Parsing;

namespace Luma.Zoo.Cli;

/// <summary>Finds what is wrong with the arguments, before any command runs.</summary>
internal static class UsageMistakes
{
    /// <summary>The first mistake, as a sentence without its full stop, or null.</summary>
    public static string? Find(ParseResult parsed, IReadOnlyList<string> args)
    {
        var (root, command) = (parsed.RootCommandResult.Command, parsed.CommandResult.Command);
        var options = command == root ? root.Options : command.Options.Concat(root.Options.Where(option => option.Recursive));
        var names = root.Subcommands.Select(known => known.Name);
        // What comes before the command's name, or in its place.
        if (args.FirstOrDefault(argument => !LooksLikeOption(argument)) is { Length: > 0 } first && !names.Contains(first)) return Unknown("command", first, names, options);

        // Help was asked for.
        if (parsed.Action is { ClearsParseErrors: true }) return null;

        if (command.Subcommands.Count > 0)
        {
            return parsed.UnmatchedTokens.Count > 0
                ? Unknown("command", parsed.UnmatchedTokens[0], names, options)
                : "Say which command to run";
        }

        foreach (var argument in args)
        {
            if (argument.Contains('\0', StringComparison.Ordinal)) return "An argument has a NUL character in it";
            if (argument.Length == 0) return "An argument is empty";
        }

        // The parser takes what is neither true nor false for another argument.
        foreach (var (option, value) in args.Zip(args.Skip(1)))
        {
            if (command.Options.Any(known => known.Name == option && known.ValueType == typeof(bool?)) && !LooksLikeOption(value) && !bool.TryParse(value, out _))
                return $"{option} must be true or false, not '{value}'";
        }

        foreach (var argument in args.TakeWhile(argument => argument != "--").Where(LooksLikeOption))
        {
            if (argument.IndexOfAny(['=', ':']) is var end and > 0 && options.Any(known => known.Name == argument[..end] && (known.ValueType == typeof(bool) || known.ValueType == typeof(bool?)))
                && !bool.TryParse(argument[(end + 1)..], out _))
                return $"{argument[..end]} must be true or false, not '{argument[(end + 1)..]}'";
        }

        foreach (var text in Positional(parsed, args))
        {
            if (LooksLikeOption(text)) return Unknown("option", text, [], options);
        }
        foreach (var result in parsed.CommandResult.Children.OfType<OptionResult>().Where(result => !result.Implicit))
        {
            if (result.Tokens.FirstOrDefault(token => LooksLikeOption(token.Value)) is { } value)
                return $"{result.Option.Name} needs a value before {value.Value}; for a file of that name write ./{value.Value}";
        }
        return parsed.Errors.Count > 0 ? parsed.Errors[0].Message.TrimEnd('.') : null;
    }

    // What follows '--' is meant as it stands.
    private static IEnumerable<string> Positional(ParseResult parsed, IReadOnlyList<string> args)
    {
        var literal = args.SkipWhile(argument => argument != "--").Skip(1).Count();
        var texts = parsed.CommandResult.Command.Arguments
            .SelectMany(argument => parsed.GetResult(argument)?.Tokens ?? [])
            .Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .ToList();
        return texts.Take(texts.Count - literal);
    }

    private static bool LooksLikeOption(string text) => text is ['-', not (>= '0' and <= '9'), ..];

    private static string Unknown(string kind, string text, IEnumerable<string> names, IEnumerable<Option> options)
    {
        if (LooksLikeOption(text)) (kind, names) = ("option", options.Where(option => !option.Hidden).Select(option => option.Name));
        var name = text.Split('=', ':')[0];
        // A beginning that fits one name only is as good as a misspelling: '--weight', '-w'.
        var begun = names.Where(known => known.TrimStart('-').StartsWith(name.TrimStart('-'), StringComparison.OrdinalIgnoreCase)).ToList();
        var nearest = begun.Count is > 0 and <= 3 && name.TrimStart('-').Length > 0 ? [.. begun] : NearestNames.To(name, names);
        // A file whose name begins so is meant, not an option.
        if (kind == "option" && Path.Exists(text)) return $"There is no option '{name}'; for the file of that name write ./{text}";
        return $"There is no {kind} '{name}'{(nearest.Length > 0 ? $"; did you mean {string.Join(", ", nearest)}?" : "")}";
    }
}
