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

    internal void Validate()
    {
        if (Type is not (ScalarType.Float32 or ScalarType.BFloat16))
            throw new ArgumentException($"{nameof(Type)} must be Float32 or BFloat16, not {Type}.", "options");
    }
}
