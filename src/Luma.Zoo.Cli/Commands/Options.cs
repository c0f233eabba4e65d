using System.CommandLine;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli.Commands;

/// <summary>The arguments that several verbs share.</summary>
internal static class Options
{
    public static Argument<string> Id() => new("id") { Description = "The network's id; 'luma list' shows all." };

    public static Option<bool> Json() => new("--json") { Description = "Write one JSON document and nothing else." };

    public static Option<long?> NumClasses() => Positive("--num-classes", "The number of classes; the network's own by default.");

    public static Option<string?> Weights() => new("--weights")
    {
        Description = "A weight file (PyTorch or safetensors), or the name of published weights.",
        HelpName = "FILE|NAME",
    };

    public static Option<string?> Mirror() => new("--mirror")
    {
        Description = "Fetch weight files from this address, a folder that has them under the same names; LUMA_MIRROR by default.",
        HelpName = "URL",
    };

    public static Option<bool> Offline() => new("--offline") { Description = "Fetch nothing: use the weight files that are there. LUMA_OFFLINE=1 by default." };

    /// <summary>What the environment and the two options above say of weight files.</summary>
    public static Hub MakeHub(string? mirror, bool offline)
    {
        var options = new HubOptions();
        return new(options with { Mirror = mirror ?? options.Mirror, Offline = offline || options.Offline });
    }

    public static Option<ModelConfig> Config() => new("--config")
    {
        Description = "default is what the authors or torchvision shipped, luma the Luma neural package's.",
        HelpName = "default|luma",
        CustomParser = result => Enum.TryParse<ModelConfig>(result.Tokens[0].Value, ignoreCase: true, out var config) && !char.IsDigit(result.Tokens[0].Value[0])
            ? config
            : Report<ModelConfig>(result, $"There is no configuration '{result.Tokens[0].Value}': it is default or luma"),
    };

    public static Option<bool?> AuxiliaryHeads() => new("--aux-heads")
    {
        Description = "Whether GoogLeNet or an Inception has its auxiliary heads; by default as in torchvision, or as the weight file has it.",
        HelpName = "true|false",
        Arity = ArgumentArity.ExactlyOne,
    };

    public static Option<Shape?> Shape(string description) => new("--shape")
    {
        Description = description,
        HelpName = "N,C,H,W",
        CustomParser = result => Commands.Shape.TryParse(result.Tokens[0].Value, out var shape)
            ? shape
            : Report<Shape?>(result, $"'{result.Tokens[0].Value}' is no shape: write it like 1,3,224,224"),
    };

    public static Option<long?> Positive(string name, string description)
    {
        var option = new Option<long?>(name) { Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long?>() < 1) result.AddError($"{name} must be at least 1");
        });
        return option;
    }

    /// <summary>Says what is wrong with an option, from within its parser.</summary>
    public static T Report<T>(System.CommandLine.Parsing.ArgumentResult result, string error)
    {
        result.AddError(error);
        return default!;
    }
}
