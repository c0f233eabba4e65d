namespace Luma.Zoo.Inference;

/// <summary>Which features to give for an image.</summary>
public sealed record EmbedOptions
{
    /// <summary>Whether each image gets one vector, as it does by default, or the features at every position.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public EmbeddingKind Kind
    {
        get;
        init
        {
            if (!Enum.IsDefined(value)) throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such kind of embedding.");
            field = value;
        }
    }

    /// <summary>Whether the numbers are divided by their Euclidean length, so that a dot product is the cosine; not by default.</summary>
    public bool Normalize { get; init; }
}
