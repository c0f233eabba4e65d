using System.Diagnostics;
using Luma.Neural;
using Luma.Neural.Operations;

namespace Luma.Zoo.Training;

/// <summary>Finds out in which precision a network learns faster, and leaves the network as it was.</summary>
internal static class PrecisionTrial
{
    private const int Rounds = 3;

    /// <summary>Tries both.</summary>
    /// <param name="network">The network, in the modes in which it is to learn.</param>
    /// <param name="pass">A forward and a backward pass over one batch.</param>
    /// <param name="cancellation">Ends it before the next pass.</param>
    /// <returns>The faster precision, and its time over that of 32 bits.</returns>
    public static (TrainingPrecision Precision, double Ratio) Run(NeuralModule network, Action pass, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        // Batch norms note what they see.
        var buffers = network.named_buffers(include_nonpersistent: true).Select(entry => (Live: entry.buffer, Kept: entry.buffer.clone())).ToList();
        try
        {
            Time(network, pass, TrainingPrecision.Float32);
            Time(network, pass, TrainingPrecision.BFloat16);
            var (full, mixed) = (new List<TimeSpan>(), new List<TimeSpan>());
            for (var round = 0; round < Rounds; round++)
            {
                cancellation.ThrowIfCancellationRequested();
                full.Add(Time(network, pass, TrainingPrecision.Float32));
                mixed.Add(Time(network, pass, TrainingPrecision.BFloat16));
            }
            // Whatever else runs on the machine only adds to a time.
            var ratio = mixed.Min() / full.Min();
            return ratio < 1 ? (TrainingPrecision.BFloat16, ratio) : (TrainingPrecision.Float32, 1);
        }
        finally
        {
            using var ungraded = no_grad();
            foreach (var (live, kept) in buffers) live.copy_(kept);
        }
    }

    /// <summary>Computes in a precision what runs on this thread until the result is disposed of.</summary>
    public static IDisposable? Use(TrainingPrecision? precision) => precision == TrainingPrecision.BFloat16 ? MixedPrecision.Use(ScalarType.BFloat16) : null;

    private static TimeSpan Time(NeuralModule network, Action pass, TrainingPrecision precision)
    {
        var clock = Stopwatch.StartNew();
        using (Use(precision)) pass();
        // Else a GPU would not be done yet.
        if (network.parameters().Any(parameter => parameter.device_type == DeviceType.CUDA)) cuda.synchronize();
        var time = clock.Elapsed;
        foreach (var parameter in network.parameters()) parameter.grad = null;
        return time;
    }
}
