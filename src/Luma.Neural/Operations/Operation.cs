namespace Luma.Neural.Operations;

/// <summary>
/// One kind of computation, with every attribute that decides its result. Networks are made of these and nothing else: the set of kinds is
/// closed, and a kind's <see cref="Compute"/> is the one place that calls libtorch for it.
/// </summary>
/// <remarks>
/// An operation holds no tensor. Parameters and buffers are inputs like any other, so one operation serves any number of passes, of threads
/// and of batch sizes. Operations with equal attributes are equal.
/// </remarks>
public abstract partial record Operation
{
    private Operation()
    {
    }

    /// <summary>Computes the output.</summary>
    /// <param name="inputs">The inputs in the order that the kind states; null for an optional one that is left out.</param>
    /// <returns>The output. Never one of the objects that were given, even where it is the same tensor.</returns>
    public abstract Tensor Compute(params ReadOnlySpan<Tensor?> inputs);

    /// <summary>Whether the output may lie on the first input's memory, as a view of it or in its place.</summary>
    public virtual bool MayShareMemory => false;

    /// <summary>Whether an input's values are overwritten.</summary>
    /// <param name="input">The input's place, from 0.</param>
    /// <returns>Whether they are lost afterwards.</returns>
    public virtual bool Overwrites(int input) => false;
}
