using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>
/// Takes for each network, image shape and batch the engine that is fastest on this machine: it measures them when the first such images
/// come, which takes less than a second for most networks, and remembers the answer in a file.
/// </summary>
/// <remarks>
/// <para>Batches are measured as 1, 2, 4 or 8 images, whichever is next below; larger ones as 8.</para>
/// <para>
/// While engines are measured each of them holds the weights. Those that were not chosen are disposed of afterwards. An engine that cannot
/// compile a network does not take part.
/// </para>
/// <para>
/// The file says what was fastest for a network's operations and shapes, image shape, batch, type, number of threads, processor, and the
/// releases of the engines. Any number of processes may write them at a time. Where the folder cannot be written, or a file is damaged,
/// engines are measured again.
/// </para>
/// </remarks>
public sealed record AutoEngine : IInferenceEngine
{
    /// <summary>The engines that are measured.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public required IReadOnlyList<IInferenceEngine> Engines
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value.Count > 0 && value.All(engine => engine is not null)
                ? [.. value]
                : throw new ArgumentException("There must be at least one engine, and none may be null.", nameof(Engines));
        }
    }

    /// <summary>
    /// Whether the engines may compute in <see cref="ScalarType.BFloat16"/> where <see cref="ScalarType.Float32"/> is asked for. It is faster on
    /// processors that have it and keeps three significant digits.
    /// </summary>
    public bool AllowBFloat16 { get; init; }

    /// <summary>
    /// The folder that keeps the answers; null keeps them in the program alone. By default <c>$TORCH_HOME/luma/engines</c>, else
    /// <c>$XDG_CACHE_HOME/torch/luma/engines</c>, else <c>~/.cache/torch/luma/engines</c>, beside the folder of the weight files.
    /// </summary>
    public string? Folder { get; init; } = Path.Combine(HubOptions.HomeOf(Environment.GetEnvironmentVariable), "luma", "engines");

    /// <inheritdoc/>
    public string Name => "auto";

    /// <inheritdoc/>
    public string Identity => $"{Name}: {string.Join("; ", Engines.Select(engine => engine.Identity))}{(AllowBFloat16 ? "; bfloat16 allowed" : "")}";

    /// <summary>What tells the time that passes take.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes a program of a network.</summary>
    /// <param name="network">The network, on the CPU. Its mode stays as it is; it must live as long as images of new sizes or batches come.</param>
    /// <param name="options">How; null for the defaults. Without <see cref="CompileOptions.ImageShape"/> the first call measures.</param>
    /// <param name="cancellationToken">Stops the measuring.</param>
    /// <returns>The program; dispose of it.</returns>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="InputShapeException">The network does not take images of the shape that the options name.</exception>
    /// <exception cref="NotSupportedException">No engine can run the network.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public AutoProgram Compile(NeuralModule network, CompileOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        options ??= new();
        options.Validate();
        var program = new AutoProgram(network, this, options.Type);
        try
        {
            if (options.ImageShape is { } shape) program.Choose(shape, options.Batch, cancellationToken);
            return program;
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    IInferenceProgram IInferenceEngine.Compile(NeuralModule network, CompileOptions? options) => Compile(network, options);
}
