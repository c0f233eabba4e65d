namespace Luma.Zoo.Inference.Compilation;

/// <summary>How a network is compiled.</summary>
public sealed record CompileOptions
{
    /// <summary>
    /// The type that is computed in: <see cref="ScalarType.Float32"/>, which gives what the network gives but for rounding, or
    /// <see cref="ScalarType.BFloat16"/>, which is faster on processors that have it and keeps three significant digits.
    /// </summary>
    public ScalarType Type { get; init; } = ScalarType.Float32;

    /// <summary>
    /// The shape of the images to compile for at once, <c>(C, H, W)</c>. Null, the default, leaves it to the first call. Images of other
    /// sizes are compiled for when the first of them comes, where the network takes them.
    /// </summary>
    public IReadOnlyList<long>? ImageShape { get; init; }

    /// <summary>
    /// How many images calls will have, where <see cref="ImageShape"/> is compiled for at once: 1, the default, or more. Any number is taken
    /// either way, but oneDNN wants the weights in another order for single images than for several, and they are kept in both if both come.
    /// </summary>
    public long Batch { get; init; } = 1;

    internal void Validate()
    {
        if (Batch < 1) throw new ArgumentException($"{nameof(Batch)} must be at least 1, not {Batch}.", "options");
        if (Type is not (ScalarType.Float32 or ScalarType.BFloat16))
            throw new ArgumentException($"{nameof(Type)} must be Float32 or BFloat16, not {Type}.", "options");
    }
}
