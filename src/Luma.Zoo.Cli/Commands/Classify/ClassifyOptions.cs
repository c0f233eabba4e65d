using System.CommandLine;
using System.Globalization;
using Luma.Zoo.Cli.Results;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>The options of <c>luma classify</c> that say which images to take and how to write what they show.</summary>
internal sealed class ClassifyOptions
{
    /// <summary>What stands for the number of a part in the names of outputs.</summary>
    public const string Place = "{shard}";

    // Done sooner than a network is compiled.
    private const int FewImages = 32;

    public Argument<string[]> Paths { get; } = new("path") { Description = "Images, or folders of images.", Arity = ArgumentArity.ZeroOrMore };

    public Option<bool> Recursive { get; } = new("--recursive") { Description = "Also search the folders inside folders." };

    public Option<string?> FromFile { get; } = new("--from-file")
    {
        Description = "Also take the images and folders that this file lists, one a line; '-' is standard input.",
        HelpName = "LIST",
    };

    public Option<bool> Null { get; } = new("--null") { Description = "With --from-file: a NUL character follows each path, not a new line, as after find -print0." };

    public Option<long?> Top { get; } = Options.Number("--top", "How many predictions to give for each image; 5 by default.");

    public Option<double?> Threshold { get; } = new("--threshold")
    {
        Description = "Leave out predictions whose probability is below this, from 0 to 1.",
        HelpName = "P",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1) return number;
            result.AddError($"--threshold must be a number from 0 to 1, not '{text}'");
            return null;
        },
    };

    public Option<long?> BatchSize { get; } = Options.Number("--batch-size", "How many images go through the network together; 16 by default.");

    public EngineOption Engine { get; } = new("folders or lists are given, or more than a few images");

    public Option<ResultFormat?> Format { get; } = new("--format")
    {
        Description = "How to write the results: by default as the name of the output asks for, otherwise as a table. --json is the same as --format json.",
        HelpName = "table|json|jsonl|csv|parquet",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            foreach (var format in Enum.GetValues<ResultFormat>())
            {
                if (format.Name() == text) return format;
            }
            result.AddError($"There is no format '{text}': it is table, json, jsonl, csv or parquet");
            return null;
        },
    };

    public Option<string?> Output { get; } = new("--output")
    {
        Description = "Write the results to this file, and what made them to FILE.meta.json. With --shard, {shard} in the name stands for the shard's number.",
        HelpName = "FILE",
    };

    public Option<string?> Sheet { get; } = new("--sheet")
    {
        Description = "Also draw the first 200 pictures of this run with their three best answers on one PNG image.",
        HelpName = "FILE",
    };

    public Option<bool> Resume { get; } = new("--resume")
    {
        Description = "Go on where an earlier run of the same command ended, however it ended; begin where there is no output yet. For jsonl and csv.",
    };

    public Option<bool> RetryFailed { get; } = new("--retry-failed") { Description = "With --resume: do images again that failed; they go to the end of the output." };

    public Option<bool> Force { get; } = new("--force") { Description = "Replace an output that is already there." };

    public Option<string?> Shard { get; } = new("--shard")
    {
        Description = "Take only part I of N, I from 0 to N-1; 'auto' takes I and N from a Slurm array or an indexed Kubernetes Job, auto/N takes only I from it.",
        HelpName = "I/N",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(Paths);
        foreach (var option in (Option[])[FromFile, Null, Recursive, Top, Threshold, BatchSize, Format, Output, Sheet, Resume, RetryFailed, Force, Shard]) command.Options.Add(option);
        Engine.AddTo(command);
    }

    /// <summary>Reads them.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="json">Whether <c>--json</c> was given.</param>
    /// <param name="ofModel">The files that the model is put together from.</param>
    /// <exception cref="UserException">They do not go together.</exception>
    public ClassifyRequest Read(ParseResult parsed, bool json, IReadOnlyList<string> ofModel)
    {
        var (paths, file) = (parsed.GetValue(Paths) ?? [], parsed.GetValue(FromFile));
        if (paths.Length == 0 && file is null) throw new UsageException("Name images or folders, or a file that lists them with --from-file (see luma classify --help)");
        if (file is null && parsed.GetValue(Null)) throw new UsageException("--null says how the file of --from-file is written, and there is none");

        var list = file is null ? null : new PathList(file, parsed.GetValue(Null) ? '\0' : '\n');
        list?.Check();
        var shard = parsed.GetValue(Shard) is { } text ? Classify.Shard.Parse(text, Environment.GetEnvironmentVariable) : (Shard?)null;
        var output = NameOutput(parsed.GetValue(Output), shard);
        var request = new OutputRequest(
            output, FormatOf(parsed.GetValue(Format), json, output), parsed.GetValue(Resume), parsed.GetValue(RetryFailed), parsed.GetValue(Force));
        IReadOnlyList<string> inputs = [.. paths, .. file is null or "-" ? [] : (string[])[file], .. ofModel];
        var sheet = NameOutput(parsed.GetValue(Sheet), shard);
        request.Check(inputs, sheet is not null);
        if (sheet is not null) CheckSheet(sheet, inputs, request);
        return new(
            paths, list, parsed.GetValue(Recursive), shard, (int)(parsed.GetValue(Top) ?? 5), parsed.GetValue(Threshold),
            (int?)parsed.GetValue(BatchSize), Engine.Compiles(parsed, IsWorthCompiling(paths, list)), Engine.Named(parsed), request, sheet, sheet is null ? null : new SheetNames(parsed.GetValue(Sheet)!, sheet, shard?.Count ?? 1));
    }

    // By what was asked for, not by how many images are left: a run that goes on computes as it began.
    private static bool IsWorthCompiling(string[] paths, PathList? list) => list is not null || paths.Length > FewImages || paths.Any(Directory.Exists);

    private static void CheckSheet(string sheet, IReadOnlyList<string> inputs, OutputRequest request)
    {
        if (!Path.GetExtension(sheet).Equals(".png", StringComparison.OrdinalIgnoreCase)) throw new UsageException($"{sheet}: the name of a sheet must end in .png");
        FileTarget.Check(sheet);
        FileTarget.CheckNotRead(sheet, inputs, "--sheet");
        // A sheet shows one run, so it is drawn anew where a run goes on.
        if (File.Exists(sheet) && !request.Force && !request.Resume) throw new UsageException($"{sheet} is already there: --force replaces it");
    }

    private static string? NameOutput(string? output, Shard? shard)
    {
        if (output?.Contains(Place, StringComparison.Ordinal) != true) return output;
        if (shard is not { } part) throw new UsageException($"{Place} in the name of the output stands for a shard: give --shard too");

        return output.Replace(Place, part.Name, StringComparison.Ordinal);
    }

    private static ResultFormat FormatOf(ResultFormat? format, bool json, string? output)
    {
        if (json && format is not (null or ResultFormat.Json)) throw new UsageException($"--json and --format {format.Value.Name()} exclude each other");
        return format ?? (json ? ResultFormat.Json
            : output is null ? ResultFormat.Table
            : ResultFormats.Of(output) ?? throw new UsageException($"{output}: its name does not say the format: end it in .jsonl, .csv, .parquet, .json or .txt, or give --format"));
    }
}
