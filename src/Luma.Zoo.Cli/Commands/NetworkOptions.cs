using System.CommandLine;
using Luma.Neural.Blocks;

namespace Luma.Zoo.Cli.Commands;

/// <summary>What is chosen about a network that is only looked at.</summary>
internal sealed class NetworkOptions
{
    private readonly Option<ModelConfig> config = Options.Config();
    private readonly Option<long?> numClasses = Options.NumClasses();
    private readonly Option<bool?> heads = Options.AuxiliaryHeads();
    private readonly Option<ResNetShortcut?> shortcut = Options.Shortcut();

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[config, numClasses, heads, shortcut]) command.Options.Add(option);
    }

    /// <summary>Reads them.</summary>
    public ModelOptions Read(ParseResult parsed) => new()
    {
        Config = parsed.GetValue(config),
        NumClasses = parsed.GetValue(numClasses),
        AuxiliaryHeads = parsed.GetValue(heads),
        Shortcut = parsed.GetValue(shortcut),
    };
}
