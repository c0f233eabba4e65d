using System.Runtime.InteropServices;
using Luma.Neural.Observation;
using Luma.Neural.Operations;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli;

/// <summary>Ctrl-C and a request to end: the first lets a command that listens stop in order, the next ends the process at once.</summary>
internal sealed class Interrupts : IDisposable
{
    // SIGXFSZ, on Linux and on macOS: a file has reached the size that the system allows, which whoever writes it is told as well.
    private const PosixSignal FileSizeReached = (PosixSignal)25;

    private readonly CancellationTokenSource stopping = new();
    private readonly List<PosixSignalRegistration> registrations;

    public Interrupts()
    {
        registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, Stop))];
        if (!OperatingSystem.IsWindows()) registrations.Add(PosixSignalRegistration.Create(FileSizeReached, context => context.Cancel = true));
    }

    /// <summary>Is cancelled by the first of them.</summary>
    public CancellationToken Token => stopping.Token;

    /// <summary>Whether a command runs that listens. Otherwise the process ends at once.</summary>
    public bool IsHeard { get; set; }

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        stopping.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        if (!IsHeard || stopping.IsCancellationRequested) return;
        context.Cancel = true;
        _ = stopping.CancelAsync();
    }
}

/// <summary>Ends a forward pass between two operations once it is cancelled.</summary>
internal sealed class Stoppable(CancellationToken cancellation) : IForwardObserver
{
    public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output) => cancellation.ThrowIfCancellationRequested();
}
