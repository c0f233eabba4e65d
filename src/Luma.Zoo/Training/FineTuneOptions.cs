using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>What is learnt by which network, and where it goes.</summary>
public sealed record FineTuneOptions
{
    /// <summary>
    /// The model to begin with: a network's id, <c>ID:WEIGHTS</c>, a model folder or a model in one file. A network without published weights, and
    /// <c>ID:none</c>, begins with fresh ones.
    /// </summary>
    public required string Model { get; init; }

    /// <summary>The pictures: a folder, a ZIP archive or a list, as <see cref="Datasets.Open"/> takes them.</summary>
    public required string Data { get; init; }

    /// <summary>
    /// The folder of the run, which is a model folder with the best weights and has all else that comes out: checkpoints, curves, tables.
    /// </summary>
    public required string Output { get; init; }

    /// <summary>
    /// The recipe, or null for <see cref="TrainingRecipes.For(string, bool)"/> with images changed at random as torchvision's reference training
    /// does, and small ones by moving them a little.
    /// </summary>
    public TrainingOptions? Recipe { get; init; }

    /// <summary>What is to be otherwise than in the recipe, or null for nothing.</summary>
    public Func<TrainingOptions, TrainingOptions>? ChangeRecipe { get; init; }

    /// <summary>How the pictures become data sets. The seed is the recipe's.</summary>
    public DatasetOptions Dataset { get; init; } = new();

    /// <summary>What is to be otherwise than as it comes with the model: its weights' name, its preset, choices about the network, its device.</summary>
    public ClassifierOptions Start { get; init; } = new();

    /// <summary>How pictures are read: by how many threads, which formats, how many are kept decoded.</summary>
    public DataLoaderOptions Loading { get; init; } = new();

    /// <summary>Whether a run that is in the folder goes on; where there is none it begins.</summary>
    public bool Resume { get; init; }

    /// <summary>After how many steps the run is saved each time, beside the ends of epochs and every ten minutes.</summary>
    public int? CheckpointEverySteps { get; init; }

    /// <summary>How many checkpoints before the last are kept.</summary>
    public int KeepCheckpoints { get; init; } = 1;
}
