using Luma.Neural.Native;

namespace Luma.Neural.Observation;

/// <summary>
/// What a network is made of: one row for every layer and block that runs, with its output's shape, its parameters and its
/// multiply-adds, and their totals. <see cref="ToText"/> writes the table that torchinfo (the Python package) has made known.
/// </summary>
/// <remarks>
/// <para>Multiply-adds are torchinfo's: a convolution's parameters times the positions of its output times the batch, a dense
/// layer's parameters times its rows, any other layer's parameters times the batch; operations between layers count nothing.</para>
/// <para>A megabyte is 1,000,000 bytes. The forward/backward size is twice the outputs of the layers that have parameters: once
/// for the activations, once for their gradients.</para>
/// </remarks>
/// <param name="InputShape">The shape of the input, batch first: <c>(N, C, H, W)</c>.</param>
/// <param name="Root">The network's own row, with all others below it.</param>
/// <param name="Parameters">All parameters; one that is shared counts once.</param>
/// <param name="TrainableParameters">Those of them that are trained.</param>
/// <param name="MultiplyAdds">Multiply-adds of one pass over the whole batch.</param>
/// <param name="InputBytes">The size of the input in bytes.</param>
/// <param name="ForwardBackwardBytes">The size of the outputs that training keeps, with their gradients, in bytes.</param>
/// <param name="ParameterBytes">The size of all parameters in bytes.</param>
public sealed record NetworkSummary(
    IReadOnlyList<long> InputShape, SummaryRow Root, long Parameters, long TrainableParameters, long MultiplyAdds,
    long InputBytes, long ForwardBackwardBytes, long ParameterBytes)
{
    /// <summary>The parameters that are not trained.</summary>
    public long NonTrainableParameters => Parameters - TrainableParameters;

    /// <summary>Input, forward/backward pass and parameters together, in bytes.</summary>
    public long TotalBytes => InputBytes + ForwardBackwardBytes + ParameterBytes;

    /// <summary>Every row, in the order of the table.</summary>
    public IEnumerable<SummaryRow> Rows => Root.WithDescendants();

    /// <summary>Writes the table, in torchinfo's layout and with the names of this library's types.</summary>
    /// <param name="depth">The deepest level that is shown, 0 being the network itself; null shows all.</param>
    /// <returns>Lines of plain text, without a line end after the last.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="depth"/> is negative.</exception>
    public string ToText(int? depth = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(depth ?? 0, nameof(depth));
        return SummaryText.Write(this, depth ?? int.MaxValue);
    }

    /// <summary>The whole table.</summary>
    public override string ToString() => ToText();
}

/// <summary>One run of a layer or block; what runs twice has two rows.</summary>
/// <param name="Name">Its place in the network, as in the state dict (<c>layer1.0.conv1</c>); empty for the network itself.</param>
/// <param name="Type">The kind of layer or block, such as <c>Convolution2D</c>.</param>
/// <param name="Depth">How deep it lies; 0 is the network itself.</param>
/// <param name="Index">Its number among the rows of this depth, from 1.</param>
/// <param name="OutputShape">
/// The shape of its output, or null for a block that never runs as a whole because its owner calls its children one by one.
/// </param>
/// <param name="Parameters">The parameters in it and below it.</param>
/// <param name="Trainable">Those of them that are trained.</param>
/// <param name="OwnParameters">
/// The parameters that count in this row and in no other; summed over all rows they are the network's. For a block these are its
/// own and those of children that did not run.
/// </param>
/// <param name="Reused">Whether all its parameters have counted before, because it, or what it shares them with, has run before.</param>
/// <param name="MultiplyAdds">The multiply-adds of the layers in it.</param>
/// <param name="Children">The rows below it, in the order in which they ran.</param>
public sealed record SummaryRow(
    string Name, string Type, int Depth, int Index, IReadOnlyList<long>? OutputShape, long Parameters, long Trainable,
    long OwnParameters, bool Reused, long MultiplyAdds, IReadOnlyList<SummaryRow> Children)
{
    /// <summary>The row and all below it, in the order of the table.</summary>
    /// <returns>The rows.</returns>
    public IEnumerable<SummaryRow> WithDescendants() => Children.SelectMany(child => child.WithDescendants()).Prepend(this);
}

/// <summary>Summarises networks.</summary>
public static class NetworkSummaryExtensions
{
    /// <summary>
    /// Runs the network once over zeros of the given shape, in evaluation mode and without gradients, and notes what ran. The
    /// network, its training flags and torch's generator are afterwards as before.
    /// </summary>
    /// <param name="network">Any layer or block, on any device and of any floating-point type.</param>
    /// <param name="inputShape">The shape of the input, batch first: <c>(N, C, H, W)</c>.</param>
    /// <returns>The summary.</returns>
    /// <exception cref="ArgumentException">The shape is empty or holds a number below 1, or the network does not take it.</exception>
    public static NetworkSummary Summary(this NeuralModule network, params long[] inputShape)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inputShape);
        if (inputShape.Length == 0 || inputShape.Any(size => size < 1))
            throw new ArgumentException($"Every size of an input must be at least 1, got ({string.Join(", ", inputShape)}).", nameof(inputShape));

        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var model = network.parameters().FirstOrDefault(parameter => parameter.is_floating_point());
        MemoryGuard.Ensure(inputShape.Aggregate((double)(model?.ElementSize ?? sizeof(float)), (product, size) => product * size), "the input");
        var input = zeros(inputShape, model?.dtype ?? float32, model?.device ?? CPU);

        var observer = new SummaryObserver(network);
        using (var modes = new ModuleModes(network))
        using (ForwardPass.Observe(observer))
        {
            modes.Evaluate();
            network.call(input).Dispose();
        }
        return observer.Summarise(input);
    }
}
