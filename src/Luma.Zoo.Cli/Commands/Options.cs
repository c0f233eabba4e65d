using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Luma.Neural.Blocks;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli.Commands;

/// <summary>The arguments that several commands share.</summary>
internal static class Options
{
    /// <summary>The option that every command has.</summary>
    public const string VerboseName = "--verbose";

    public static Argument<string> Model() => new("model")
    {
        Description = "The network's id ('luma list' shows all), ID:WEIGHTS with the name of published weights or a weight file, or a model folder.",
    };

    public static Option<bool> Json() => new("--json") { Description = "Print a single JSON document and nothing else." };

    public static Option<bool> Verbose() => new(VerboseName) { Description = "Show progress even without a terminal, and a stack trace if something fails.", Recursive = true };

    public static Option<long?> NumClasses() => Number("--num-classes", "The number of classes; by default that of the weights, or the network's own.");

    public static Option<string?> Weights() => new("--weights")
    {
        Description = "The same as ID:WEIGHTS: a weight file (PyTorch or safetensors), or the name of published weights.",
        HelpName = "FILE|NAME",
    };

    public static Option<string?> Mirror() => new("--mirror")
    {
        Description = "Download weight files from this address, a folder that has them under the same names; by default, LUMA_MIRROR.",
        HelpName = "URL",
    };

    public static Option<bool> Offline() => new("--offline") { Description = "Download nothing, and use only weight files that are already there; the same as LUMA_OFFLINE=1." };

    /// <summary>What the environment and the two options above say of weight files.</summary>
    public static Hub MakeHub(string? mirror, bool offline)
    {
        var options = new HubOptions();
        return new(options with { Mirror = mirror ?? options.Mirror, Offline = offline || options.Offline });
    }

    public static Option<ModelConfig> Config() => new("--config")
    {
        Description = "The configuration: default is what the authors or torchvision published, luma that of the Luma neural package.",
        HelpName = "default|luma",
        CustomParser = result => Enum.TryParse<ModelConfig>(result.Tokens[0].Value, ignoreCase: true, out var config) && char.IsLetter(result.Tokens[0].Value[0])
            ? config
            : Report<ModelConfig>(result, $"There is no configuration '{result.Tokens[0].Value}': it is {OneOf(Enum.GetNames<ModelConfig>().Select(name => name.ToLowerInvariant()))}"),
    };

    /// <summary>What a property of <see cref="ModelOptions"/> is called on the command line.</summary>
    public static string NameOf(string choice) => choice switch
    {
        nameof(ModelOptions.AuxiliaryHeads) => "--aux-heads",
        _ => $"--{string.Concat(choice.Select((letter, place) => char.IsUpper(letter) && place > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"))}",
    };

    public static Option<bool?> AuxiliaryHeads() =>
        YesOrNo("--aux-heads", "Whether GoogLeNet or an Inception network has its auxiliary heads; by default as in torchvision, or as in the weight file.");

    public static Option<ResNetShortcut?> Shortcut() => new("--shortcut")
    {
        Description = $"How a shortcut of a residual network changes the shape: {OneOf(NetworkFacts.Shortcuts.Keys)}; by default as in the weight file, or as in the paper.",
        HelpName = "KIND",
        CustomParser = result => NetworkFacts.Shortcuts.TryGetValue(result.Tokens[0].Value, out var shortcut)
            ? shortcut
            : Report<ResNetShortcut?>(result, $"There is no shortcut '{result.Tokens[0].Value}': it is {OneOf(NetworkFacts.Shortcuts.Keys)}"),
    };

    public static Option<Shape?> Shape(string description) => new("--shape")
    {
        Description = description,
        HelpName = "N,C,H,W",
        CustomParser = result => Commands.Shape.TryParse(result.Tokens[0].Value, out var shape)
            ? shape
            : Report<Shape?>(result, $"'{result.Tokens[0].Value}' is no shape: write it like 1,3,224,224"),
    };

    /// <summary>A whole number, null where it is not given.</summary>
    public static Option<long?> Number(string name, string description, long least = 1, long most = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
            var range = least == long.MinValue ? "" : string.Create(CultureInfo.InvariantCulture, $" from {least} to {most}");
            return Report<long?>(result, $"{name} must be a whole number{range}, not '{text}'");
        },
    };

    /// <summary>True or false, null where it is not given.</summary>
    public static Option<bool?> YesOrNo(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "true|false",
        Arity = ArgumentArity.ExactlyOne,
    };

    // Choices as people write them: a, b or c.
    private static string OneOf(IEnumerable<string> choices) => choices.ToList() is [.. var first, var last] && first.Count > 0
        ? $"{string.Join(", ", first)} or {last}"
        : string.Concat(choices);

    /// <summary>Says what is wrong with an option, from within its parser.</summary>
    public static T Report<T>(ArgumentResult result, string error)
    {
        result.AddError(error);
        return default!;
    }
}
