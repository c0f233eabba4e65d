using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Luma.Neural;
using Luma.Neural.Native;
using Luma.Zoo.Cli.Commands;
using Luma.Zoo.Images;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli;

/// <summary>The program: its commands, and what becomes of their failures.</summary>
internal static class CommandLine
{
    /// <summary>The exit codes, which the README documents; 70 is <c>EX_SOFTWARE</c> of BSD's sysexits.h.</summary>
    public const int Success = 0, Failure = 1, UsageError = 2, InternalError = 70, Cancelled = 130;

    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, Interrupts? interrupts = null)
    {
        try
        {
            var root = CreateRoot(terminal);
            var parsed = Parse(root, args.Count == 0 ? ["--help"] : args);
            terminal.Verbose = parsed.GetValue<bool>(Options.VerboseName);
            if (UsageMistakes.Find(parsed, args) is { } mistake)
            {
                var command = parsed.CommandResult.Command;
                return Fail(terminal, UsageError, $"{mistake} (see luma{(command == root ? "" : " " + command.Name)} --help)");
            }

            interrupts?.IsHeard = parsed.Action is AsynchronousCommandLineAction;
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                // Signals are ours: training measures and saves before it stops, however long that takes.
                ProcessTerminationTimeout = null,
                Output = terminal.Out,
                Error = terminal.Error,
            };
            return await parsed.InvokeAsync(configuration, interrupts?.Token ?? CancellationToken.None);
        }
        catch (ReaderGoneException)
        {
            return Success;
        }
        catch (OperationCanceledException)
        {
            return Fail(terminal, Cancelled, "cancelled");
        }
        catch (Exception exception)
        {
            return Fail(terminal, exception);
        }
    }

    /// <summary>Puts all commands together.</summary>
    public static RootCommand CreateRoot(Terminal terminal)
    {
        var root = new RootCommand(
            "Luma.Zoo: image classifiers for .NET that load PyTorch's weights. A model is ID, ID:WEIGHTS such as resnet50:IMAGENET1K_V2, or a model folder. "
            + "Exit codes: 0 fine, 1 an image or a file failed, 2 incorrect usage, 70 internal error, 130 cancelled.")
        {
            ListCommand.Create(terminal),
            InfoCommand.Create(terminal),
            SummaryCommand.Create(terminal),
            GraphCommand.Create(terminal),
            BenchCommand.Create(terminal),
            ForwardCommand.Create(terminal),
            ConvertCommand.Create(terminal),
            FineTuneCommand.Create(terminal),
            FineTuneCommand.CreateTrain(terminal),
            EvaluateCommand.Create(terminal),
            PreviewCommand.Create(terminal),
            RunsCommand.Create(terminal),
            ClassifyCommand.Create(terminal),
            WeightsCommand.Create(terminal),
            DownloadCommand.Create(terminal),
            PackCommand.Create(terminal),
            ExportCommand.Create(terminal),
            PreprocessCommand.Create(terminal),
        };
        root.Directives.Clear();
        // Without the '/h' of Windows, which is a file's name elsewhere.
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Options.Add(new HelpOption("--help", "-h", "-?")
        {
            Description = "Show help and usage information.",
            Action = new HelpAction { MaxWidth = terminal.HelpWidth },
        });
        root.Options.OfType<VersionOption>().Single().Description = "Show the version.";
        root.Options.Add(Options.Verbose());
        return root;
    }

    /// <summary>Parses arguments; <see cref="UsageMistakes"/> says what is wrong with them.</summary>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> args) => root.Parse(args, new ParserConfiguration
    {
        // '@photo.png' is a file of that name, and '-abc' is no bundle of options.
        ResponseFileTokenReplacer = null,
        EnablePosixBundling = false,
    });

    private static int Fail(Terminal terminal, Exception exception)
    {
        var (code, message) = exception switch
        {
            UsageException or UnknownModelException or ModelReferenceException => (UsageError, exception.Message),
            ModelOptionException choice => (UsageError, $"{choice.Reason} ({Options.NameOf(choice.Choice)})"),
            // A number that the network cannot have; the rest of the message is for programmers.
            ArgumentException { ParamName: "options" } => (UsageError, exception.Message.Split(" (Parameter ")[0].TrimEnd('.')),
            _ when OutOfMemory.Describe(exception) is { } memory => (Failure, memory),
            _ when IsForUser(exception) => (Failure, exception.Message),
            _ => (InternalError,
                $"internal error ({exception.GetType().Name}): {exception.Message} Please report it, {(terminal.Verbose ? "with this trace" : "with what --verbose shows")}."),
        };
        Fail(terminal, code, message);
        if (terminal.Verbose && code != UsageError) terminal.Error.WriteLine(exception);
        return code;
    }

    private static bool IsForUser(Exception exception) => exception is
        UserException or ModelFolderException or InputShapeException or ImageException or WeightFileException or WeightMismatchException
        or DifferentNetworkException or DownloadException or InvalidDatasetException or TrainingDivergedException or NativeLibraryException
        or IOException or UnauthorizedAccessException or NotSupportedException;

    private static int Fail(Terminal terminal, int code, string message)
    {
        terminal.Error.WriteLine($"luma: {Shown.Message(message)}");
        return code;
    }
}
