using System.CommandLine;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli.Commands;

/// <summary>How weight files are opened, and what is said of them: what the commands that read them share.</summary>
internal static class WeightOptions
{
    public static Option<string?> Key() => new("--key")
    {
        Description = "Take the weights under this key of a checkpoint, such as model_ema or teacher.backbone; by default averaged weights if there are any, otherwise those under a common key.",
        HelpName = "KEY",
    };

    public static Option<bool> InertExtras() => new("--inert-extras")
    {
        Description = "Ignore everything in a checkpoint but the weights, even objects that would otherwise be refused. Nothing in a file is ever run.",
    };

    public static Option<bool?> TransformInput() => Options.YesOrNo(
        "--transform-input",
        "Whether the weights of googlenet or inception_v3 expect images normalised as TensorFlow does it; by default what is known of the weights.");

    public static WeightFileOptions Of(string? key, bool inertExtras) => new() { Key = key, InertExtras = inertExtras };

    /// <summary>A path that a user gave.</summary>
    public static string Path(string path) => path.Length > 0 ? path : throw new UserException("the name of a file is empty");

    /// <summary>Says what was taken of a file and what was left, if there is anything to say.</summary>
    /// <returns>What was said, without the file's name; null where nothing was.</returns>
    public static IReadOnlyList<string>? Say(Terminal terminal, string file, WeightSelection selection) =>
        Say(terminal, file, selection.IsWhole ? [] : [selection.ToString()]);

    /// <summary>Says what was loaded in another way than asked for, if there is anything to say.</summary>
    /// <inheritdoc cref="Say(Terminal, string, WeightSelection)"/>
    public static IReadOnlyList<string>? Say(Terminal terminal, string file, LoadReport report)
    {
        List<string> notes = report.Selection.IsWhole ? [] : [report.Selection.ToString()];
        if (report.ClassesOfWeights is { } classes) notes.Add($"{classes} {(classes == 1 ? "class" : "classes")}, as the weights have");
        notes.AddRange(report.Warnings);
        return Say(terminal, file, notes);
    }

    /// <summary>Says notes on a file, a line each.</summary>
    /// <inheritdoc cref="Say(Terminal, string, WeightSelection)"/>
    public static IReadOnlyList<string>? Say(Terminal terminal, string file, IReadOnlyList<string> notes)
    {
        foreach (var note in notes) terminal.Error.WriteLine($"luma: {Shown.Name(file)}: {Shown.Message(note)}");
        return notes.Count > 0 ? notes : null;
    }
}
