using Luma.Neural.Native;

namespace Luma.Neural.Operations;

/// <summary>
/// One kind of computation, with every attribute that decides its result. Networks are made of these and nothing else: the set of kinds is
/// closed, and a kind is the one place that calls libtorch for its computation.
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
    /// <exception cref="ArgumentException">There are too many inputs or too few, or one that must be there is null.</exception>
    public Tensor Compute(params ReadOnlySpan<Tensor?> inputs)
    {
        var (required, optional) = Arity;
        if (inputs.Length < required || (inputs.Length != required + optional && optional != Any))
            throw new ArgumentException($"{GetType().Name}: expected {Expected(required, optional)}, got {inputs.Length}.", nameof(inputs));
        for (var i = 0; i < required; i++)
        {
            if (inputs[i] is null) throw new ArgumentException($"{GetType().Name}: input {i} is null.", nameof(inputs));
        }
        if (!inputs.IsEmpty && inputs[0] is { device_type: DeviceType.CPU } first && first.NumberOfElements >= ManyElements)
            MemoryGuard.Ensure(LeastElements(inputs) * first.ElementSize);
        return Evaluate(inputs);
    }

    /// <summary>Whether the output may lie on the first input's memory, as a view of it or in its place.</summary>
    public virtual bool MayShareMemory() => false;

    /// <summary>Whether an input's values are overwritten.</summary>
    /// <param name="input">The input's place, from 0.</param>
    /// <returns>Whether they are lost afterwards.</returns>
    public virtual bool Overwrites(int input) => false;

    // Of fewer no operation makes so much that memory is short.
    private const long ManyElements = 1 << 20;

    // The elements that are needed at least for the output, and in passing to make it; 0 where they lie in memory that is there.
    internal virtual double LeastElements(ReadOnlySpan<Tensor?> inputs) => MayShareMemory() ? 0 : inputs[0]!.NumberOfElements;

    // Whether mixed precision computes it in the shorter type.
    internal virtual bool IsShortened => false;

    // Any number of further inputs.
    private protected const int Any = -1;

    // How many inputs must be there, and how many more may be null.
    private protected virtual (int Required, int Optional) Arity => (1, 0);

    // The one place that calls libtorch for the kind. That nobody else can override it is what closes the set.
    private protected abstract Tensor Evaluate(ReadOnlySpan<Tensor?> inputs);

    private static string Expected(int required, int optional) => optional switch
    {
        Any => $"at least {Inputs(required)}",
        0 => Inputs(required),
        _ => $"{required + optional} inputs, of which the last{(optional == 1 ? "" : $" {optional}")} may be null",
    };

    private static string Inputs(int number) => number == 1 ? "1 input" : $"{number} inputs";
}
