using Luma.Neural;
using Luma.Neural.Native;
using Luma.Neural.Operations;
using Luma.Neural.Passes;
using Luma.Zoo.Export;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>A network compiled for inference: <see cref="NetworkCompilation.Compile"/> makes it. Any number of threads may use it at a time.</summary>
/// <remarks>
/// It takes any number of images. The network itself is used again when the first single image, the first batch of several or a new size
/// comes: dispose of the network to free its weights when all that will come is compiled, and keep it alive and unchanged until then.
/// </remarks>
public sealed class CompiledNetwork : IInferenceProgram
{
    private readonly NeuralModule network;
    private readonly Tensor? parameter;
    private readonly ProgramCache<Inputs, OneDnnProgram> programs;

    internal CompiledNetwork(NeuralModule network, ScalarType type)
    {
        (this.network, parameter, Type) = (network, network.parameters().FirstOrDefault(), type);
        programs = new(this, Compile);
    }

    /// <summary>The type that is computed in.</summary>
    public ScalarType Type { get; }

    /// <summary>Computes what the network would in evaluation mode.</summary>
    /// <param name="input">Images: <c>(N, C, H, W)</c> of any floating-point type.</param>
    /// <returns>The output, as float32.</returns>
    /// <exception cref="InputShapeException">The network does not take images of this shape.</exception>
    /// <exception cref="InvalidOperationException">The size is new, and the network has been disposed of or moved to another type.</exception>
    /// <exception cref="ObjectDisposedException">The compiled network has been disposed of.</exception>
    public Tensor Run(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return programs.Use(new([.. input.shape.Skip(1)], input.shape.FirstOrDefault()), program =>
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            return program.Run(input.to(Type, CPU)).to(ScalarType.Float32).MoveToOuterDisposeScope();
        });
    }

    /// <summary>Compiles for images of a size, where that has not been done.</summary>
    /// <param name="imageShape">The shape of an image: <c>(C, H, W)</c>.</param>
    /// <param name="batch">How many images will come at a time: it matters whether it is one or more.</param>
    /// <inheritdoc cref="Run" path="/exception"/>
    public void CompileFor(IReadOnlyList<long> imageShape, long batch = 1)
    {
        ArgumentNullException.ThrowIfNull(imageShape);
        programs.Use(new([.. imageShape], batch), program => program);
    }

    /// <summary>Refuses further calls, waits for those under way, and frees the weights. The network stays the caller's.</summary>
    public void Dispose() => programs.Dispose();

    private OneDnnProgram Compile(Inputs inputs, IEnumerable<KeyValuePair<Inputs, OneDnnProgram>> known)
    {
        if (parameter is { IsInvalid: true })
            throw new InvalidOperationException($"The network was disposed of or moved before it was compiled for {(inputs.Several ? "several images" : "an image")} of ({string.Join(", ", inputs.ImageShape)}).");

        using var scope = NewDisposeScope();
        var recorded = EvaluationGraph.Record(network, inputs.ImageShape);
        // A pass of the network leaves as much as its weights where these are few.
        NativeHeap.GiveBack();
        var graph = recorded.Apply(GraphPasses.For(Type));
        // Most networks compute the same for every size.
        return known.Where(entry => entry.Key.Several == inputs.Several).Select(entry => entry.Value).FirstOrDefault(program => program.Computes(graph))
            ?? OneDnnProgram.Compile(graph, scope, Type, inputs.Batch);
    }

    // The order that oneDNN wants the weights in depends on whether there is one image; from another order it would come in every call.
    private sealed record Inputs(Integers ImageShape, long Batch)
    {
        public bool Several => Batch > 1;

        public bool Equals(Inputs? other) => other is not null && ImageShape == other.ImageShape && Several == other.Several;

        public override int GetHashCode() => HashCode.Combine(ImageShape, Several);
    }
}
