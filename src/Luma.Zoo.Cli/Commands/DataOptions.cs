using System.CommandLine;
using System.Globalization;

namespace Luma.Zoo.Cli.Commands;

/// <summary>Where labelled pictures come from, as several commands take it.</summary>
internal static class DataOptions
{
    public static Option<string> Data() => new("--data")
    {
        Description = "The pictures: a folder with a folder for each class, or with train and val of such; a list *.csv or *.jsonl of path and label or labels; a ZIP of these; or MNIST's files.",
        Required = true,
        HelpName = "DIR|FILE",
    };

    public static Option<double?> ValidationFraction() => new("--val-fraction")
    {
        Description = "Which part of each class is held out to measure with, where the pictures have no such part. 0.2 by default.",
        HelpName = "X",
        CustomParser = result => double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var part) && part is > 0 and < 1
            ? part
            : Options.Report<double?>(result, $"--val-fraction must be a number above 0 and below 1, not '{result.Tokens[0].Value}'"),
    };

    public static Option<bool> Strict() => new("--strict") { Description = "Stop at a picture that cannot be read, in place of leaving it out." };

    public static Option<long?> Workers() => Options.Number("--workers", "How many threads read pictures; by default as many as there are processors.", most: 1024);
}
