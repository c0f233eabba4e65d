namespace Luma.Zoo.DependencyInjection;

/// <summary>A classifier of a service collection: which model it has, and when it is made.</summary>
public sealed class LumaClassifierOptions
{
    /// <summary>A network's id, <c>ID:WEIGHTS</c>, or the path of a model folder or of a model in one file, as <see cref="ModelZoo.CreateClassifierAsync"/> takes it.</summary>
    public string Model { get; set; } = "";

    /// <summary>Where the network computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; null leaves it to <see cref="Classifier"/>.</summary>
    public string? Device { get; set; }

    /// <summary>What is to be otherwise than as it comes with the model: weights, preset, labels, limits.</summary>
    public ClassifierOptions Classifier { get; set; } = new();

    /// <summary>
    /// Whether the classifier is made, and computes once, when the host starts, which waits for it; so the first caller need not wait, and
    /// what is wrong is known at once. On by default. Otherwise the first call makes it.
    /// </summary>
    public bool WarmUp { get; set; } = true;
}
