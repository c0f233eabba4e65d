namespace Luma.Neural.Layers;

/// <summary>
/// How much a layer pads its input: a number (<c>1</c>), one per axis (<c>(0, 3)</c>), <see cref="Valid"/> or <see cref="Same"/>.
/// </summary>
public readonly record struct Pad
{
    private Pad(PerAxis amount, bool same) => (Amount, IsSame) = (amount, same);

    /// <summary>No padding: the window never leaves the input.</summary>
    public static Pad Valid => 0;

    /// <summary>As much as keeps the output as large as the input; needs a stride of 1.</summary>
    public static Pad Same => new(0, same: true);

    /// <summary>The padding on either side of each axis; 0 for <see cref="Same"/>, where the layer works it out.</summary>
    public PerAxis Amount { get; }

    /// <summary>Whether this is <see cref="Same"/>.</summary>
    public bool IsSame { get; }

    /// <summary>The same padding on every axis.</summary>
    public static implicit operator Pad(long amount) => new(amount, same: false);

    /// <summary>Padding above and below, left and right.</summary>
    public static implicit operator Pad((long Height, long Width) amount) => new(amount, same: false);

    /// <summary>Padding in depth, height and width.</summary>
    public static implicit operator Pad((long Depth, long Height, long Width) amount) => new(amount, same: false);

    /// <summary>Padding as given.</summary>
    public static implicit operator Pad(PerAxis amount) => new(amount, same: false);

    /// <summary><c>same</c>, or the numbers.</summary>
    public override string ToString() => IsSame ? "same" : Amount.ToString();
}
