using Luma.Neural.Layers;
using TorchSharp.Utils;

namespace Luma.Neural.Blocks;

/// <summary>
/// Self-attention in several heads (Vaswani et al., "Attention Is All You Need", 2017, section 3.2.2), with the names and the
/// initialisation of PyTorch's <c>MultiheadAttention</c>.
/// </summary>
/// <remarks>Input and output <c>(N, T, E)</c>.</remarks>
public sealed class MultiheadAttention : Block
{
    private readonly Dense projection;

    [ComponentName(Name = "in_proj_weight")]
    private Parameter inWeight;

    [ComponentName(Name = "in_proj_bias")]
    private Parameter inBias;

    /// <summary>Makes the block.</summary>
    /// <param name="features">The size of an embedding, E.</param>
    /// <param name="heads">How many heads share it.</param>
    /// <param name="dropout">The probability that an attention weight is dropped in training.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is below 1, the heads do not divide the features, or the probability does not lie between 0 and 1.
    /// </exception>
    public MultiheadAttention(long features, long heads, double dropout = 0) : base(nameof(MultiheadAttention))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(features, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (features % heads != 0) throw new ArgumentOutOfRangeException(nameof(heads), heads, $"Must divide the {features} features.");
        if (!(dropout is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(dropout), dropout, "Must lie between 0 and 1.");

        (Features, Heads, Dropout) = (features, heads, dropout);
        inWeight = RegisterParameter("in_proj_weight", empty(3 * features, features));
        inBias = RegisterParameter("in_proj_bias", empty(3 * features));
        projection = Register("out_proj", new Dense(features, features));

        Initializers.XavierUniform(inWeight);
        Initializers.Constant(inBias, 0);
        Initializers.Constant(projection.Bias!, 0);
    }

    /// <summary>The size of an embedding.</summary>
    public long Features { get; }

    /// <summary>How many heads there are.</summary>
    public long Heads { get; }

    /// <summary>The probability that an attention weight is dropped in training.</summary>
    public double Dropout { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        var (query, key, value) = AttentionHeads.Split(Ops.Linear(x, inWeight, inBias), Heads);
        var joined = AttentionHeads.Join(Ops.Attention(query, key, value, dropout: training ? Dropout : 0));
        if (!training) return projection.call(joined);

        // PyTorch's output lies in memory token by token, not image by image, and a dropout after it draws in the order of the memory.
        return Ops.Permute(projection.call(Ops.Permute(joined, 1, 0, 2)), 1, 0, 2);
    }
}
