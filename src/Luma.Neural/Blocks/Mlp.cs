using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// Two dense layers with an activation between them and dropout after each, under torchvision's names <c>0</c> to <c>4</c>.
/// </summary>
/// <remarks>Input and output <c>(*, L)</c>.</remarks>
public sealed class Mlp : Sequence
{
    /// <summary>Makes the block.</summary>
    /// <param name="features">The number of inputs and of outputs.</param>
    /// <param name="hidden">The number of units between them.</param>
    /// <param name="activation">The activation; by default <see cref="GELU"/>.</param>
    /// <param name="dropout">The probability that an element is dropped.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or the probability does not lie between 0 and 1.</exception>
    public Mlp(long features, long hidden, Layer? activation = null, double dropout = 0) : base(nameof(Mlp))
    {
        (First, Second) = (new(features, hidden), new(hidden, features));
        Add(First);
        Add(activation ?? new GELU());
        Add(new Dropout(dropout));
        Add(Second);
        Add(new Dropout(dropout));
    }

    /// <summary>The dense layer into the hidden units.</summary>
    public Dense First { get; }

    /// <summary>The dense layer out of them.</summary>
    public Dense Second { get; }
}
