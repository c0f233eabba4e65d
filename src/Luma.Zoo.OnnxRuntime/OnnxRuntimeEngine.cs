using System.Globalization;
using Luma.Neural;
using Luma.Zoo.Inference.Compilation;
using Microsoft.ML.OnnxRuntime;

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
    /// Whether threads that have nothing to do spin for a while before they sleep. That is faster where ONNX Runtime has the processor to itself,
    /// and slower where libtorch's threads want it too; so they do not by default.
    /// </summary>
    public bool AllowSpinning { get; init; }

    /// <inheritdoc/>
    public string Name => "onnxruntime";

    /// <inheritdoc/>
    public string Identity => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name} {OrtEnv.Instance().GetVersionString()}{(Threads is { } threads ? $", {threads} threads" : "")}{(AllowSpinning ? ", spinning" : "")}");

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
