using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Luma.Zoo.Files;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Cli.Commands;

/// <summary>How a network is trained: a recipe from a file, and what is to be otherwise.</summary>
internal sealed class RecipeOptions
{
    private const int MostRecipeBytes = 1 << 20;

    private readonly Option<string?> recipe = new("--recipe")
    {
        Description = "Take the recipe from a JSON file, such as a run's recipe.json; the options below change it. By default the recipe for the network's family.",
        HelpName = "FILE",
    };

    private readonly Option<long?> epochs = Options.Number("--epochs", "How many times to go through the pictures.");
    private readonly Option<long?> batchSize = Options.Number("--batch-size", "How many pictures go through the network at a time.", most: 1 << 20);
    private readonly Option<long?> seed = Options.Number("--seed", "What everything at random is drawn from: the same seed gives the same weights. 0 by default.", least: 0);
    private readonly Option<double?> rate = Real("--lr", "The learning rate.", least: 0, isLeastIncluded: false);
    private readonly Option<double?> weightDecay = Real("--weight-decay", "How strongly weights are drawn towards zero.", least: 0);
    private readonly Option<double?> labelSmoothing = Real("--label-smoothing", "How much of each label's probability is spread over all classes.", least: 0, most: 1);
    private readonly Option<double?> average = Real("--ema", "Keep a moving average of the weights, of which this much stays at each step, such as 0.999.", least: 0, most: 1);
    private readonly Option<long?> patience = Options.Number("--patience", "Stop after this many epochs without a better result.");

    private readonly Option<string[]> freeze = new("--freeze")
    {
        Description = "Parameters that do not learn: body for all but the last layer, a module such as layer1, or a pattern with *. May be given several times.",
        HelpName = "PATTERN|body",
    };

    private readonly Option<string?> optimizer = new("--optimizer")
    {
        Description = "The optimizer: sgd (with momentum), adam, adamw or rmsprop.",
        HelpName = "NAME",
    };

    private readonly Option<string?> precision = new("--precision")
    {
        Description = "The type of convolutions and matrix products: float32, bfloat16, or auto for the faster of the two. float32 by default.",
        HelpName = "TYPE",
    };

    private readonly Option<string?> augment = new("--augment")
    {
        Description = "How pictures are changed at random: none, crop (crops and flips), or crops and flips with randaugment, trivialaugment or autoaugment.",
        HelpName = "KIND",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { recipe, epochs, batchSize, seed, freeze, rate, optimizer, weightDecay, labelSmoothing, average, patience, precision, augment })
            command.Options.Add(option);
    }

    /// <summary>Adds those options to a command that decide how pictures are changed at random.</summary>
    public void AddForPreviewTo(Command command)
    {
        foreach (var option in new Option[] { recipe, seed, augment }) command.Options.Add(option);
    }

    /// <summary>The recipe of the file, or null where none is given.</summary>
    /// <exception cref="UserException">The file cannot be read, or is no recipe.</exception>
    public TrainingOptions? Load(ParseResult parsed)
    {
        if (parsed.GetValue(recipe) is not { } path) return null;
        try
        {
            return TrainingOptions.FromJson(System.Text.Encoding.UTF8.GetString(JsonText.ToUtf8(RegularFile.ReadAllBytes(WeightOptions.Path(path), MostRecipeBytes))));
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new UserException($"{path}: this is not a recipe: {JsonText.Describe(error)}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path}: {FileTrouble.WhileReading(error)}");
        }
    }

    /// <summary>What the options change of a recipe.</summary>
    /// <exception cref="UsageException">A value makes no sense.</exception>
    public Func<TrainingOptions, TrainingOptions> Changes(ParseResult parsed)
    {
        var kind = parsed.GetValue(optimizer);
        if (kind is not null && Optimizers.All(known => known.Name != kind))
            throw new UsageException($"There is no optimizer '{kind}': it is {string.Join(", ", Optimizers[..^1].Select(known => known.Name))} or {Optimizers[^1].Name} (--optimizer)");
        var augmentation = parsed.GetValue(augment);
        if (augmentation is not null && !Augmentations.Contains(augmentation))
            throw new UsageException($"There is no augmentation '{augmentation}': it is {string.Join(", ", Augmentations[..^1])} or {Augmentations[^1]} (--augment)");

        var type = parsed.GetValue(precision);
        if (type is not null && !Precisions.ContainsKey(type))
            throw new UsageException($"There is no precision '{type}': it is {string.Join(", ", Precisions.Keys.SkipLast(1))} or {Precisions.Keys.Last()} (--precision)");

        return given =>
        {
            var changed = given with
            {
                Epochs = (int)(parsed.GetValue(epochs) ?? given.Epochs),
                BatchSize = (int)(parsed.GetValue(batchSize) ?? given.BatchSize),
                Seed = (int)(parsed.GetValue(seed) ?? given.Seed),
                Freeze = parsed.GetValue(freeze) is { Length: > 0 } patterns ? patterns : given.Freeze,
                Patience = (int?)parsed.GetValue(patience) ?? given.Patience,
                Average = parsed.GetValue(average) is { } decay ? new WeightAverage(decay) : given.Average,
                Loss = parsed.GetValue(labelSmoothing) is { } smoothing
                    ? (given.Loss as TrainingLoss.CrossEntropy ?? new()) with { LabelSmoothing = smoothing }
                    : given.Loss,
                Precision = type is null ? given.Precision : Precisions[type],
                Transform = augmentation is null ? given.Transform : Augmented(given.Transform, augmentation),
            };
            if (kind is not null) changed = changed with { Optimizer = Optimizers.Single(known => known.Name == kind).Make() with { WeightDecay = given.Optimizer.WeightDecay } };
            changed = changed with
            {
                Optimizer = changed.Optimizer with
                {
                    LearningRate = parsed.GetValue(rate) ?? changed.Optimizer.LearningRate,
                    WeightDecay = parsed.GetValue(weightDecay) ?? changed.Optimizer.WeightDecay,
                },
            };
            try
            {
                changed.Validate();
                return changed;
            }
            catch (ArgumentException error)
            {
                throw new UsageException(error.Message.Split(" (Parameter ")[0].TrimEnd('.'));
            }
        };
    }

    private static (string Name, Func<Optimizer> Make)[] Optimizers =>
    [
        ("sgd", () => new Optimizer.Sgd { Momentum = 0.9, Nesterov = true }),
        ("adam", () => new Optimizer.Adam()),
        ("adamw", () => new Optimizer.Adam { Decoupled = true }),
        ("rmsprop", () => new Optimizer.RmsProp { Momentum = 0.9 }),
    ];

    private static OrderedDictionary<string, TrainingPrecision> Precisions => new()
    {
        ["float32"] = TrainingPrecision.Float32,
        ["bfloat16"] = TrainingPrecision.BFloat16,
        ["auto"] = TrainingPrecision.Auto,
    };

    private static string[] Augmentations => ["none", "crop", "randaugment", "trivialaugment", "autoaugment"];

    // The automatic kinds come after the crops and flips of the recipe.
    private static TrainingTransform? Augmented(TrainingTransform? given, string kind)
    {
        if (kind == "none") return null;
        ImageAugmentation? added = kind switch
        {
            "randaugment" => new RandAugment(),
            "trivialaugment" => new TrivialAugmentWide(),
            "autoaugment" => new AutoAugment(),
            _ => null,
        };
        var transform = given ?? new();
        return added is null ? transform : transform with { Images = [.. transform.Images, added] };
    }

    private static Option<double?> Real(string name, string description, double least, bool isLeastIncluded = true, double most = double.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number <= most && (isLeastIncluded ? number >= least : number > least))
                return number;
            var range = most == double.MaxValue
                ? string.Create(CultureInfo.InvariantCulture, $"{(isLeastIncluded ? "not below" : "above")} {least}")
                : string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}");
            return Options.Report<double?>(result, $"{name} must be a number {range}, not '{text}'");
        },
    };
}
