using System.CommandLine;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli.Commands;

/// <summary>A model that classifies, as several commands take it: its name, its weights, and what is to be otherwise than as it comes.</summary>
internal sealed class ClassifierInput
{
    private readonly Option<string?> weights = Options.Weights(), mirror = Options.Mirror(), key = WeightOptions.Key();
    private readonly Option<long?> numClasses = Options.NumClasses();
    private readonly Option<bool> offline = Options.Offline(), inertExtras = WeightOptions.InertExtras();
    private readonly Option<bool?> transform = WeightOptions.TransformInput();
    private readonly PresetOptions preset = new();

    private readonly Option<string?> labels = new("--labels")
    {
        Description = "The names of the classes: a text file with one a line, a JSON file, or a set that comes with the program, such as imagenet-1k.",
        HelpName = "FILE|NAME",
    };

    private readonly Option<ClassificationTask?> task = new("--task")
    {
        Description = "Whether an image has one class of many (softmax), or several at once (a sigmoid for each); by default as the model folder says, else one.",
        HelpName = "single-label|multi-label",
        CustomParser = result => result.Tokens[0].Value.ToLowerInvariant() switch
        {
            "single-label" => ClassificationTask.SingleLabel,
            "multi-label" => ClassificationTask.MultiLabel,
            var other => Options.Report<ClassificationTask?>(result, $"There is no task '{other}': it is single-label or multi-label"),
        },
    };

    private readonly Option<bool> ignoreOrientation = new("--ignore-orientation")
    {
        Description = "Take pictures as they are stored, as torchvision does, even if their EXIF data say that they are turned.",
    };

    private readonly Option<bool> fastDecode = new("--fast-decode")
    {
        Description = "Decode JPEGs that are much larger than the network's input at a smaller size, as PIL's draft does: faster, but with somewhat other pixels.",
    };

    /// <summary>The model.</summary>
    public Argument<string> Model { get; } = Options.Model();

    /// <summary>Adds the options, but not the model, to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { weights, numClasses, labels, task }) command.Options.Add(option);
        preset.AddTo(command);
        foreach (var option in new Option[] { ignoreOrientation, fastDecode, transform, key, inertExtras, mirror, offline }) command.Options.Add(option);
    }

    /// <summary>Adds the options of a model that gets its classes from data to a command.</summary>
    public void AddForTrainingTo(Command command)
    {
        foreach (var option in new Option[] { weights, task }) command.Options.Add(option);
        preset.AddTo(command);
        foreach (var option in new Option[] { ignoreOrientation, transform, key, inertExtras, mirror, offline }) command.Options.Add(option);
    }

    /// <summary>The weights that are named apart from the model, or null.</summary>
    public string? NamedWeights(ParseResult parsed) => parsed.GetValue(weights);

    /// <summary>The model that is named.</summary>
    public ModelReference Reference(ParseResult parsed) => ModelReference.Parse(parsed.GetValue(Model)!, parsed.GetValue(weights));

    /// <summary>The files that are read to put the model together, which must not be written.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model.</param>
    public IReadOnlyList<string> Files(ParseResult parsed, ModelReference model)
    {
        string?[] named = [model.Weights, model.Source.Folder?.Path, parsed.GetValue(labels), preset.FileOf(parsed)];
        return [.. named.OfType<string>().SelectMany(path => Directory.Exists(path) ? Directory.GetFiles(path).Where(IsOfModel) : [path])];
    }

    // What else lies in a model folder, such as an export, belongs to nobody.
    private static bool IsOfModel(string path) =>
        Path.GetFileName(path) is "model.json" or "config.json" || Path.GetExtension(path) is ".safetensors" or ".bin" || path.EndsWith(".index.json", StringComparison.Ordinal);

    /// <summary>What is to be otherwise than as it comes with the model.</summary>
    public ClassifierOptions Read(ParseResult parsed) => preset.Apply(parsed, new ClassifierOptions
    {
        Network = new() { NumClasses = parsed.GetValue(numClasses), TransformInput = parsed.GetValue(transform) },
        Hub = Options.MakeHub(parsed.GetValue(mirror), parsed.GetValue(offline)),
        File = WeightOptions.Of(parsed.GetValue(key), parsed.GetValue(inertExtras)),
        Labels = parsed.GetValue(labels) is { } named ? LoadLabels(named) : null,
        Task = parsed.GetValue(task),
        Decoding = ImageFiles.Decoding with { ApplyOrientation = !parsed.GetValue(ignoreOrientation), FastDecode = parsed.GetValue(fastDecode) },
    });

    /// <summary>Fetches what has to be fetched, and puts the classifier together.</summary>
    /// <returns>The classifier, and what was said of its weights.</returns>
    public static async Task<(Classifier Classifier, IReadOnlyList<string>? Notes)> OpenAsync(
        Terminal terminal, ModelReference model, ClassifierOptions options, CancellationToken cancellation)
    {
        await FetchAsync(terminal, model, options, cancellation);
        var classifier = await Task.Run(() => ModelZoo.PutTogether(model.Source, options), cancellation);
        return (classifier, Say(terminal, model, classifier.LoadReport!));
    }

    /// <summary>Fetches published weights, unless they are there.</summary>
    public static Task FetchAsync(Terminal terminal, ModelReference model, ClassifierOptions options, CancellationToken cancellation) =>
        model.Source.Folder is null
            ? DownloadCommand.FetchAsync(terminal, options.Hub!, model.Variant.Id, model.Weights ?? ModelZoo.DefaultWeights, cancellation)
            : Task.CompletedTask;

    /// <summary>Says what was loaded in another way than asked for, if there is anything to say.</summary>
    public static IReadOnlyList<string>? Say(Terminal terminal, ModelReference model, LoadReport report) =>
        WeightOptions.Say(terminal, model.Source.Folder?.Path ?? model.Weights ?? ModelZoo.DefaultWeights, report);

    private static IReadOnlyList<string> LoadLabels(string named)
    {
        if (!File.Exists(named) && Labels.GetNames().FirstOrDefault(name => name.Equals(named, StringComparison.OrdinalIgnoreCase)) is { } set) return Labels.Get(set);
        try
        {
            return Labels.Load(WeightOptions.Path(named));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserException($"{named}: there is no such file, and no such set of labels: there are {string.Join(", ", Labels.GetNames())}");
        }
        catch (InvalidDataException error)
        {
            throw new UserException(error.Message.TrimEnd('.'));
        }
    }
}
