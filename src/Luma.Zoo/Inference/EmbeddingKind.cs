namespace Luma.Zoo.Inference;

/// <summary>Which features of an image to give.</summary>
public enum EmbeddingKind
{
    /// <summary>
    /// One vector, <c>(F)</c>: the input of the network's last layer; where that is a convolution, its mean over height and width.
    /// </summary>
    Pooled,

    /// <summary>
    /// The features at every position, as they are before the network pools or flattens them or picks one: <c>(C, H, W)</c> of convolutional networks and
    /// Swin Transformers, <c>(T, F)</c> of vision transformers, whose first token is that of the class.
    /// </summary>
    Positions,
}
