using Luma.Neural;
using Luma.Zoo.Images;
using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.Inference;

/// <summary>Computes what a classifier's network does, by its compiled form where there is one. Any number of threads may use it at a time.</summary>
internal sealed class NetworkRunner : IDisposable
{
    // Fewer images are done before a network is compiled.
    private const int ImagesBefore = 32;

    // Images that are left over at the end of a run go through the form for several: one of their own would come too late.
    private const int SinglesBefore = 8;

    private readonly IInferenceProgram compiled;
    private readonly bool mustCompile;
    private readonly ClassifierCompilation when;

    // Weights are arranged otherwise for one image than for several.
    private readonly Lazy<Task<bool>> forOne, forSeveral;
    private long images, singles;

    /// <summary>Begins to compile a network, where that is to be done at once.</summary>
    /// <param name="network">The network, which is on the CPU and in evaluation mode, and does not change.</param>
    /// <param name="preset">What makes an image into its input.</param>
    /// <param name="engine">What compiles it.</param>
    /// <param name="when">When it is compiled.</param>
    /// <param name="mustCompile">Whether a network that cannot be compiled fails; otherwise it computes as it is.</param>
    public NetworkRunner(NeuralModule network, ImagePreset preset, IInferenceEngine engine, ClassifierCompilation when, bool mustCompile = false)
    {
        (compiled, this.mustCompile, this.when) = (engine.Compile(network), mustCompile, when);
        var shape = preset.GetInputShape();
        (forOne, forSeveral) = (new(() => Task.Run(() => TryCompile(shape, 1))), new(() => Task.Run(() => TryCompile(shape, new BatchOptions().BatchSize))));
        if (when == ClassifierCompilation.Ahead) _ = forSeveral.Value;
    }

    /// <summary>Computes the output; null where that is left to the network.</summary>
    /// <param name="input"><c>(N, C, H, W)</c></param>
    public Tensor? TryRun(Tensor input) => Find(input.size(0))?.Invoke(input);

    /// <summary>What computes the output, once it is there to do so; null where that is left to the network.</summary>
    /// <param name="count">How many images there are.</param>
    public Func<Tensor, Tensor>? Find(long count)
    {
        var isOne = count == 1;
        if (when == ClassifierCompilation.Ahead)
        {
            var isLeft = isOne && !forOne.IsValueCreated && Interlocked.Increment(ref singles) <= SinglesBefore;
            if (!(isOne && !isLeft ? forOne : forSeveral).Value.GetAwaiter().GetResult()) return null;
            return isLeft ? RunTwice : compiled.Run;
        }

        var form = isOne ? forOne : forSeveral;
        if (!form.IsValueCreated && Interlocked.Add(ref images, count) <= ImagesBefore) return null;
        return form.Value is { IsCompletedSuccessfully: true, Result: true } ? compiled.Run : null;
    }

    /// <summary>Waits for the compiling, and frees what came of it.</summary>
    public void Dispose()
    {
        foreach (var form in (Lazy<Task<bool>>[])[forOne, forSeveral])
        {
            // Whoever ran it has been told why it failed.
            if (form.IsValueCreated) ((Task)form.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        }
        compiled.Dispose();
    }

    private Tensor RunTwice(Tensor input)
    {
        using var scope = NewDisposeScope();
        return compiled.Run(cat([input, input], 0)).narrow(0, 0, 1).MoveToOuterDisposeScope();
    }

    // A network that cannot be compiled works all the same: what somebody else wrote may compute what cannot be recorded, and memory may be short.
    private bool TryCompile(long[] shape, long batch)
    {
        try
        {
            compiled.CompileFor(shape, batch);
            return true;
        }
        catch (Exception error) when (!mustCompile && error is InvalidOperationException or ArgumentException or NotSupportedException or IOException or UnauthorizedAccessException or InsufficientMemoryException)
        {
            return false;
        }
    }
}
