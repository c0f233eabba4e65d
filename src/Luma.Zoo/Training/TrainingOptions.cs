using System.Text.Json;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Training;

/// <summary>A recipe: how a <see cref="Trainer"/> trains.</summary>
public sealed record TrainingOptions
{
    /// <summary>How often every image is seen.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>How many images go through the network at a time.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Of how many batches the gradients are added up before a step, each image counting alike.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>How gradients become new weights.</summary>
    public Optimizer Optimizer { get; init; } = new Optimizer.Sgd { Momentum = 0.9 };

    /// <summary>The learning rate's rise in the beginning.</summary>
    public Warmup Warmup { get; init; } = new();

    /// <summary>What becomes of the learning rate.</summary>
    public LearningRateSchedule Schedule { get; init; } = new LearningRateSchedule.Cosine();

    /// <summary>In which type convolutions and matrix products are computed.</summary>
    public TrainingPrecision Precision { get; init; }

    /// <summary>What the network learns to make small, or null for the cross entropy, binary where an image has several classes at once.</summary>
    public TrainingLoss? Loss { get; init; }

    /// <summary>
    /// How much the loss of each auxiliary head counts, where the network has some: 0.3 by default, as Szegedy et al., "Going Deeper with
    /// Convolutions" (2014), section 5, and torchvision have it for GoogLeNet; torchvision's tutorial takes 0.4 for Inception v3.
    /// </summary>
    public double AuxiliaryWeight { get; init; } = 0.3;

    /// <summary>How images are changed at random before the network learns from them, or null: then each becomes what the preset makes of it.</summary>
    public TrainingTransform? Transform { get; init; }

    /// <summary>
    /// The parameters that do not learn; see <see cref="ParameterRule.Pattern"/>. Modules that have nothing else are in evaluation mode: their batch norms keep
    /// their statistics, and nothing is dropped in them.
    /// </summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];

    /// <summary>Frozen parameters that begin to learn later.</summary>
    public IReadOnlyList<Unfreezing> Unfreeze { get; init; } = [];

    /// <summary>Parameters with learning rates or weight decays of their own. Of several rules for a parameter the last holds.</summary>
    public IReadOnlyList<ParameterRule> Rules { get; init; } = [];

    /// <summary>
    /// By what the learning rate is multiplied from one layer to the one before it, the last layer having all of it: Howard and Ruder, "Universal Language
    /// Model Fine-tuning" (2018), section 3.2. 1 for none.
    /// </summary>
    public double LayerDecay { get; init; } = 1;

    /// <summary>Whether weight decay acts on biases and on the weights of norms too, as it does in PyTorch unless they are set apart.</summary>
    public bool DecayNormsAndBiases { get; init; } = true;

    /// <summary>The greatest length of all gradients together, or null for any: <c>torch.nn.utils.clip_grad_norm_</c>.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>An average of the weights to keep in place of them, or null for none.</summary>
    public WeightAverage? Average { get; init; }

    /// <summary>After how many epochs without a better result the training ends, or null for never.</summary>
    public int? Patience { get; init; }

    /// <summary>What the order of the images, their changes, dropout and mixing are drawn from.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// How many bytes the outputs of frozen layers may take, in memory, where nothing is changed at random: then each image goes through
    /// these layers once, and not in every epoch. 0 for never.
    /// </summary>
    public long FeatureCacheBytes { get; init; } = 2L << 30;

    /// <summary>Reads a recipe.</summary>
    /// <param name="json">A JSON object; what it does not say is as by default.</param>
    /// <returns>The recipe.</returns>
    /// <exception cref="JsonException">The text is not JSON, or no recipe; the message says what is wrong.</exception>
    /// <exception cref="ArgumentException">A value makes no sense.</exception>
    public static TrainingOptions FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        CheckParts(document.RootElement);
        var defaults = JsonSerializer.SerializeToElement(new TrainingOptions(), TrainingJson.Default.TrainingOptions);
        return StrictObject.Read<TrainingOptions>(document.RootElement, TrainingJson.Default.TrainingOptions, "recipe", recipe => recipe.Validate(), defaults: defaults);
    }

    // What the reader itself says of a wrong member of these is for programmers.
    private static void CheckParts(JsonElement recipe)
    {
        if (recipe.ValueKind != JsonValueKind.Object) return;
        if (recipe.TryGetProperty("warmup", out var warmup)) StrictObject.Read<Warmup>(warmup, TrainingJson.Default.Warmup, "warmup", part => part.Validate());
        if (recipe.TryGetProperty("average", out var average)) StrictObject.Read<WeightAverage>(average, TrainingJson.Default.WeightAverage, "average", part => part.Validate());
        foreach (var part in All("unfreeze")) StrictObject.Read<Unfreezing>(part, TrainingJson.Default.Unfreezing, "unfreeze", entry => Check(entry, nameof(Unfreeze)));
        foreach (var part in All("rules")) StrictObject.Read<ParameterRule>(part, TrainingJson.Default.ParameterRule, "rules", entry => Check(entry, nameof(Rules)));

        IEnumerable<JsonElement> All(string name) => recipe.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
    }

    private static void Check(Unfreezing part, string name)
    {
        CheckPattern(part.Pattern, nameof(part.Pattern));
        if (part.Epoch < 1) throw new ArgumentOutOfRangeException(name, part.Epoch, $"'{part.Pattern}' must begin to learn in an epoch from 1.");
    }

    private static void Check(ParameterRule part, string name)
    {
        CheckPattern(part.Pattern, nameof(part.Pattern));
        if (!(part.LearningRateFactor >= 0 && part.LearningRateFactor <= float.MaxValue))
            throw new ArgumentOutOfRangeException(name, part.LearningRateFactor, $"The factor of the learning rate of '{part.Pattern}' must not be below 0, and a number that fits 32-bit floats.");
        if (part.WeightDecay is { } decay && !(decay >= 0 && decay <= float.MaxValue))
            throw new ArgumentOutOfRangeException(name, decay, $"The weight decay of '{part.Pattern}' must not be below 0, and a number that fits 32-bit floats.");
    }

    private static void CheckPattern(string? pattern, string name)
    {
        if (string.IsNullOrEmpty(pattern)) throw new ArgumentException("A pattern is missing that says which parameters are meant.", name);
    }

    /// <summary>Writes the recipe.</summary>
    /// <returns>A JSON object.</returns>
    /// <exception cref="JsonException">A part is of a type that is not from here.</exception>
    public string ToJson() => JsonSerializer.Serialize(this, TrainingJson.Default.TrainingOptions);

    /// <summary>Throws if an option makes no sense.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Accumulate, 1);
        ArgumentNullException.ThrowIfNull(Optimizer);
        ArgumentNullException.ThrowIfNull(Warmup);
        ArgumentNullException.ThrowIfNull(Schedule);
        ArgumentNullException.ThrowIfNull(Freeze);
        ArgumentNullException.ThrowIfNull(Unfreeze);
        ArgumentNullException.ThrowIfNull(Rules);
        if (!(AuxiliaryWeight >= 0 && AuxiliaryWeight <= float.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(AuxiliaryWeight), AuxiliaryWeight, "The weight of the auxiliary losses must not be below 0, and a number that fits 32-bit floats.");
        if (!(LayerDecay is > 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(LayerDecay), LayerDecay, "The layer decay must be above 0 and at most 1.");
        if (ClipNorm is { } norm && !(norm > 0 && norm <= float.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(ClipNorm), norm, "The greatest length of the gradients must be above 0, and a number that fits 32-bit floats.");
        if (Patience is { } patience) ArgumentOutOfRangeException.ThrowIfLessThan(patience, 1, nameof(Patience));
        ArgumentOutOfRangeException.ThrowIfNegative(Seed);
        ArgumentOutOfRangeException.ThrowIfNegative(FeatureCacheBytes);
        foreach (var pattern in Freeze) CheckPattern(pattern, nameof(Freeze));
        foreach (var unfreezing in Unfreeze) Check(unfreezing, nameof(Unfreeze));
        foreach (var rule in Rules) Check(rule, nameof(Rules));
        if (!Enum.IsDefined(Precision)) throw new ArgumentOutOfRangeException(nameof(Precision), Precision, "There is no such precision.");
        Optimizer.Validate();
        Warmup.Validate();
        Schedule.Validate();
        Average?.Validate();
        Transform?.Validate();
    }

    /// <inheritdoc/>
    public bool Equals(TrainingOptions? other) =>
        other is not null && Epochs == other.Epochs && BatchSize == other.BatchSize && Accumulate == other.Accumulate && Optimizer == other.Optimizer
        && Warmup == other.Warmup && Schedule == other.Schedule && Precision == other.Precision && Loss == other.Loss && AuxiliaryWeight.Equals(other.AuxiliaryWeight)
        && Transform == other.Transform && Freeze.SequenceEqual(other.Freeze) && Unfreeze.SequenceEqual(other.Unfreeze) && Rules.SequenceEqual(other.Rules)
        && LayerDecay.Equals(other.LayerDecay) && DecayNormsAndBiases == other.DecayNormsAndBiases && ClipNorm == other.ClipNorm && Average == other.Average
        && Patience == other.Patience && Seed == other.Seed && FeatureCacheBytes == other.FeatureCacheBytes;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epochs, BatchSize, Accumulate, Optimizer, Schedule, Loss, Transform, Seed);
}
