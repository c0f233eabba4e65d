namespace Luma.Zoo.Weights;

/// <summary>How a weight file is opened.</summary>
public sealed record WeightFileOptions
{
    /// <summary>
    /// Which weights to take of a file that holds several, or holds them under a key that is not one of the usual: its keys with dots
    /// between them, such as <c>model_ema</c> or <c>teacher.backbone</c>. The last part may be the beginning of the tensors' names.
    /// By default averaged weights, then those under a usual key, then the only ones there are.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>
    /// Whether everything beside the weights is ignored, also objects that this library does not know, such as a scheduler or a class of
    /// one's own. By default these are refused by their names. Nothing in a file is run either way, and within the weights themselves
    /// such objects stay refused.
    /// </summary>
    public bool InertExtras { get; init; }

    /// <summary>
    /// The SHA-256, in hexadecimal digits, that the file must have; by default it may have any. Of a mapped file it is not compared, which would
    /// read all of it.
    /// </summary>
    public string? Sha256 { get; init; }

    /// <summary>
    /// Whether the tensors stay in the file, which stays open, and are read as they are asked for. By default they are read into memory at
    /// once and the file is closed, so that nothing that happens to it afterwards matters. A mapped file must not be written to while it
    /// is in use: that changes a network that lies in it, and shortening it ends the process. Replacing it as a whole does no harm;
    /// Windows does not allow it while the file is in use.
    /// </summary>
    public bool Map { get; init; }

    /// <summary>Whether the bytes that are opened are to be known by their hash, which takes as long as reading all of them.</summary>
    internal bool Identify { get; init; }
}
