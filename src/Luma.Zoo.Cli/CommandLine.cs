using System.CommandLine;
using Luma.Neural;
using Luma.Neural.Native;
using Luma.Zoo.Cli.Commands;
using Luma.Zoo.Training;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli;

/// <summary>The program: its verbs, and what becomes of their failures.</summary>
internal static class CommandLine
{
    public const int Success = 0, UserError = 1, InternalError = 2, Cancelled = 130;

    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal)
    {
        var root = new RootCommand("Luma.Zoo: image classifiers for .NET that load PyTorch's weights.")
        {
            ListCommand.Create(terminal),
            InfoCommand.Create(terminal),
            SummaryCommand.Create(terminal),
            ForwardCommand.Create(terminal),
            ConvertCommand.Create(terminal),
            TrainCommand.Create(terminal),
            ClassifyCommand.Create(terminal),
            WeightsCommand.Create(terminal),
            DownloadCommand.Create(terminal),
        };

        var parsed = root.Parse(args.Count == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            var atRoot = parsed.CommandResult.Command == root;
            var problem = atRoot && parsed.UnmatchedTokens.Count > 0
                ? $"There is no verb '{parsed.UnmatchedTokens[0]}'"
                : parsed.Errors[0].Message.TrimEnd('.');
            return Fail(terminal, $"{problem} (see luma{(atRoot ? "" : " " + parsed.CommandResult.Command.Name)} --help)");
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                // Training ends its step, measures and saves before it stops.
                ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
                Output = terminal.Out,
                Error = terminal.Error,
            });
        }
        catch (OperationCanceledException)
        {
            await terminal.Error.WriteLineAsync("luma: cancelled");
            return Cancelled;
        }
        catch (Exception exception) when (IsUserMistake(exception))
        {
            return Fail(terminal, exception.Message);
        }
        catch (Exception exception)
        {
            await terminal.Error.WriteLineAsync($"luma: internal error, please report it: {exception}");
            return InternalError;
        }
    }

    private static bool IsUserMistake(Exception exception) => exception is
        UserException or UnknownModelException or ModelOptionException or InputShapeException or WeightFileException or WeightMismatchException
        or DifferentNetworkException or DownloadException or InvalidDatasetException or TrainingDivergedException or NativeLibraryException
        or IOException or UnauthorizedAccessException or NotSupportedException;

    private static int Fail(Terminal terminal, string message)
    {
        terminal.Error.WriteLine($"luma: {message.ReplaceLineEndings(" ")}");
        return UserError;
    }
}
