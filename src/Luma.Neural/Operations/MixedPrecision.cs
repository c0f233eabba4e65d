namespace Luma.Neural.Operations;

/// <summary>
/// Lets the forward passes of a thread compute convolutions, dense layers and attention in a shorter type, and all else in the type that
/// its inputs have: Micikevicius et al., "Mixed Precision Training" (2018). Parameters and their gradients stay as they are.
/// </summary>
/// <remarks>
/// The operations are those of <c>torch.autocast</c>. Where a longer and a shorter tensor meet, in a sum or side by side, the longer type
/// holds, and a norm gives what it was given, as in PyTorch. Compute the loss of the output in 32 bits.
/// </remarks>
public static class MixedPrecision
{
    internal static ScalarType? Type => ThreadScope<ScalarType?>.Current;

    /// <summary>Computes in a shorter type what runs on this thread until the result is disposed of.</summary>
    /// <param name="type">The type: <see cref="ScalarType.BFloat16"/> or <see cref="ScalarType.Float16"/>.</param>
    /// <returns>What ends it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The type is another.</exception>
    /// <remarks>The innermost use holds.</remarks>
    public static IDisposable Use(ScalarType type)
    {
        if (type is not (ScalarType.BFloat16 or ScalarType.Float16))
            throw new ArgumentOutOfRangeException(nameof(type), type, "Mixed precision computes in BFloat16 or Float16.");
        return ThreadScope<ScalarType?>.Begin(type);
    }

    // Doubles are meant: autocast leaves them alone too.
    internal static bool IsFor(Tensor tensor, ScalarType type) =>
        tensor.dtype != type && tensor.dtype is (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16);
}
