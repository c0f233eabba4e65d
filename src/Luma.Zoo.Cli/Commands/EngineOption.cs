using System.CommandLine;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.OnnxRuntime;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>--engine</c> and <c>--no-compile</c>: what computes a network where there is much to compute.</summary>
internal sealed class EngineOption
{
    private const string Automatic = "auto", OneDnn = "onednn", OnnxRuntime = "onnxruntime", NotCompiled = "--no-compile";

    private readonly Option<string?> engine = new("--engine")
    {
        Description = "What compiles the network: onednn by default; auto measures both and takes the faster, and remembers which.",
        HelpName = $"{OneDnn}|{OnnxRuntime}|{Automatic}",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (text is OneDnn or OnnxRuntime or Automatic) return text;
            result.AddError($"There is no engine '{text}': it is {OneDnn}, {OnnxRuntime} or {Automatic}");
            return null;
        },
    };

    private readonly Option<bool> noCompile;

    /// <summary>Makes the options.</summary>
    /// <param name="when">When the network is compiled by default, as a clause that ends a sentence.</param>
    public EngineOption(string when) =>
        noCompile = new(NotCompiled) { Description = $"Let the network compute as it is. By default it is compiled first where {when}." };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(engine);
        command.Options.Add(noCompile);
    }

    /// <summary>Sees to it that the options go together.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="device">Where the network computes, if anybody has said so.</param>
    /// <exception cref="UsageException">They do not.</exception>
    public void Check(ParseResult parsed, DeviceChoice? device)
    {
        if (parsed.GetValue(engine) is null) return;
        if (parsed.GetValue(noCompile)) throw new UsageException($"{NotCompiled} and --engine contradict each other");
        if (device is { Cuda: true }) throw new UsageException($"Networks are compiled for the CPU: --engine and --device {device} do not go together");
    }

    /// <summary>Whether the network is compiled.</summary>
    /// <param name="parsed">The command line, which has been checked.</param>
    /// <param name="isWorthIt">Whether there is enough to compute where nobody has said what computes it.</param>
    public bool Compiles(ParseResult parsed, bool isWorthIt) => parsed.GetValue(engine) is not null || (isWorthIt && !parsed.GetValue(noCompile));

    /// <summary>The engine that a user has named, or null.</summary>
    public IInferenceEngine? Named(ParseResult parsed) => parsed.GetValue(engine) switch
    {
        OnnxRuntime => new OnnxRuntimeEngine(),
        Automatic => Engine.Auto(Engine.OneDnn, new OnnxRuntimeEngine()),
        OneDnn => Engine.OneDnn,
        _ => null,
    };
}
