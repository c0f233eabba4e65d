using Luma.Neural.Operations;

namespace Luma.Neural.Observation;

/// <summary>
/// Sees a forward pass as it happens: which module is entered and left, and every operation with its inputs and its output, by reference.
/// What it sees is complete: an operation's inputs are the network's input, parameters and buffers, and outputs of earlier operations.
/// </summary>
/// <remarks>
/// <para>
/// Tensors live as long as the network needs them. The output of an operation may be disposed of as soon as its module's owner has called
/// the next module, and at the latest when the block in which the operation ran has returned; the output of a block lives on in the block
/// around it. Parameters and buffers belong to the network. Copy what you want to keep.
/// </para>
/// <para>
/// An operation in place has already overwritten its input when <see cref="Ran"/> is called, and says so by
/// <see cref="Operation.Overwrites"/>.
/// </para>
/// </remarks>
public interface IForwardObserver
{
    /// <summary>A layer or block is about to run; what follows until it is left happens inside it.</summary>
    /// <param name="module">The layer or block. Its path is that of the modules entered before it and not yet left.</param>
    /// <param name="input">Its input.</param>
    void Entered(NeuralModule module, Tensor input)
    {
    }

    /// <summary>The module that was entered last has run. A module whose forward pass throws is not left.</summary>
    /// <param name="module">The layer or block.</param>
    /// <param name="input">Its input.</param>
    /// <param name="output">Its output.</param>
    void Left(NeuralModule module, Tensor input, Tensor output)
    {
    }

    /// <summary>An operation has run.</summary>
    /// <param name="operation">The operation, with all that decides its result.</param>
    /// <param name="inputs">Its inputs; null for an optional one that is left out. The span is valid during the call alone.</param>
    /// <param name="output">Its output.</param>
    void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output)
    {
    }
}
