using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.Inference;

/// <summary>
/// When a classifier compiles its network, after which it computes the same faster, but for rounding: see
/// <see cref="NetworkCompilation.Compile"/>. It takes up to a few seconds and the memory of the weights once more. Networks that are not on
/// the CPU or not in float32 are not compiled.
/// </summary>
public enum ClassifierCompilation
{
    /// <summary>Never.</summary>
    Off,

    /// <summary>On another thread, once some images have come. Until it is done the network computes as it is.</summary>
    Background,

    /// <summary>As soon as the classifier is made. The first images wait for it, so all answers are computed alike.</summary>
    Ahead,
}
