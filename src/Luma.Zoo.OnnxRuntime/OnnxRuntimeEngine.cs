using System.Globalization;
using Luma.Neural;
using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.OnnxRuntime;

/// <summary>Runs networks in ONNX Runtime, on the CPU, as Luma.Zoo exports them.</summary>
public sealed record OnnxRuntimeEngine : IInferenceEngine
{
    /// <summary>How many threads compute one call; by default as many as libtorch's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is set to less than one.</exception>
    public int? Threads
    {
        get;
        init
        {
            if (value is { } count) ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            field = value;
        }
    }

    /// <summary>
    /// How long threads that have nothing to do spin before they sleep, in whole microseconds; zero for not at all. By default 200 microseconds: that
    /// lasts from one operation to the next, so a pass is as fast as can be, and after it the processor is soon free for libtorch's threads.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is set to less than zero, or to more than a minute.</exception>
    public TimeSpan SpinDuration
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMinutes(1));
            field = value;
        }
    } = TimeSpan.FromMicroseconds(200);

    /// <summary>The duration as ONNX Runtime takes it.</summary>
    internal long SpinMicroseconds => SpinDuration.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <inheritdoc/>
    public string Name => "onnxruntime";

    /// <inheritdoc/>
    public string Identity => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name} {QuietRuntime.Instance.GetVersionString()}{(Threads is { } threads ? $", {threads} threads" : "")}, spinning {SpinMicroseconds} us");

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">
    /// The options ask for another type than <see cref="ScalarType.Float32"/>, or ONNX cannot do what the network does.
    /// </exception>
    public IInferenceProgram Compile(NeuralModule network, CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        options ??= new();
        if (options.Type != ScalarType.Float32) throw new NotSupportedException($"ONNX Runtime computes in Float32 here, not in {options.Type}.");

        var program = new OnnxRuntimeProgram(network, this);
        try
        {
            if (options.ImageShape is { } shape) program.CompileFor(shape);
            return program;
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }
}
