using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Luma.Zoo.Files;
using Luma.Zoo.Images;

namespace Luma.Zoo.Cli.Commands;

/// <summary>How images are prepared and classes are called, for weights that do not tell.</summary>
internal sealed class PresetOptions
{
    // Pixels count from 0 to 255 where a mean or a deviation is said so.
    private const double PixelScale = 255;

    private readonly Option<string?> preset = new("--preset")
    {
        Description = "Take how images are prepared from a JSON file: resize_size, crop_size, interpolation, mean, std, channels, channel_order; or from a model.json.",
        HelpName = "FILE",
    };

    private readonly Option<int[]?> resize = Sizes("--resize", "Resize the shorter side of an image to N pixels, or the image to HEIGHTxWIDTH.");

    private readonly Option<int[]?> crop = Sizes("--crop", "Show the network this part from the centre, in pixels.");

    private readonly Option<Interpolation?> interpolation = new("--interpolation")
    {
        Description = "The filter for resizing.",
        HelpName = "nearest|bilinear|bicubic",
        CustomParser = result => Enum.TryParse<Interpolation>(result.Tokens[0].Value, ignoreCase: true, out var filter) && Enum.IsDefined(filter) && char.IsLetter(result.Tokens[0].Value[0])
            ? filter
            : Options.Report<Interpolation?>(result, $"There is no interpolation '{result.Tokens[0].Value}': it is nearest, bilinear or bicubic"),
    };

    private readonly Option<double[]?> mean = Numbers(
        "--mean", "What is subtracted from each channel, such as 0.485,0.456,0.406. Numbers above 1 are of 255, and then --std is of 255 too.");

    private readonly Option<double[]?> std = Numbers("--std", "What each channel is divided by then, such as 0.229,0.224,0.225. Fractions such as 1/255 will do.");

    private readonly Option<ChannelOrder?> channels = new("--channels")
    {
        Description = "The order of the channels that the network takes; rgb by default.",
        HelpName = "rgb|bgr",
        CustomParser = result => Enum.TryParse<ChannelOrder>(result.Tokens[0].Value, ignoreCase: true, out var order) && char.IsLetter(result.Tokens[0].Value[0])
            ? order
            : Options.Report<ChannelOrder?>(result, $"There is no order '{result.Tokens[0].Value}': it is rgb or bgr"),
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { preset, resize, crop, interpolation, mean, std, channels }) command.Options.Add(option);
    }

    /// <summary>What the user said, beside what is known.</summary>
    /// <exception cref="UserException">A file cannot be read, or what it holds makes no sense.</exception>
    public ClassifierOptions Apply(ParseResult parsed, ClassifierOptions options)
    {
        if (parsed.GetValue(preset) is { } file) options = options with { Preset = Load(file) };
        var changes = (
            Resize: Given(parsed.GetValue(resize)), Crop: Given(parsed.GetValue(crop)), Interpolation: parsed.GetValue(interpolation),
            Mean: Given(parsed.GetValue(mean)), Std: Given(parsed.GetValue(std)), Channels: parsed.GetValue(channels));
        if (changes is (null, null, null, null, null, null)) return options;

        // A mean above 1 can only be of pixels from 0 to 255.
        var scale = (changes.Mean ?? []).Concat(changes.Mean is null ? changes.Std ?? [] : []).Any(number => Math.Abs(number) > 1) ? PixelScale : 1;
        return options with
        {
            ChangePreset = known => Check(known with
            {
                ResizeSize = changes.Resize ?? known.ResizeSize,
                CropSize = changes.Crop ?? known.CropSize,
                Interpolation = changes.Interpolation ?? known.Interpolation,
                Mean = changes.Mean is { } means ? PerChannel(means, known, scale) : known.Mean,
                Std = changes.Std is { } deviations ? PerChannel(deviations, known, scale) : known.Std,
                ChannelOrder = changes.Channels ?? known.ChannelOrder,
            }),
        };
    }

    // An option that is not given is an empty array.
    private static T[]? Given<T>(T[]? values) => values is { Length: > 0 } ? values : null;

    private static IReadOnlyList<double> PerChannel(double[] numbers, ImagePreset known, double scale) =>
        [.. (numbers.Length == 1 ? Enumerable.Repeat(numbers[0], known.Channels) : numbers).Select(number => number / scale)];

    /// <summary>The file that has a preset, or null.</summary>
    public string? FileOf(ParseResult parsed) => parsed.GetValue(preset);

    private static ImagePreset Check(ImagePreset preset)
    {
        try
        {
            preset.Validate();
            return preset;
        }
        catch (ArgumentException error)
        {
            throw new UsageException($"{error.Message.Split(" (Parameter ")[0].TrimEnd('.')} ({error.ParamName switch
            {
                nameof(ImagePreset.ResizeSize) => "--resize",
                nameof(ImagePreset.CropSize) => "--crop",
                nameof(ImagePreset.Mean) => "--mean",
                nameof(ImagePreset.Std) => "--std",
                _ => "--channels",
            }})");
        }
    }

    private static ImagePreset Load(string path)
    {
        try
        {
            using var reader = new StreamReader(RegularFile.OpenStream(WeightOptions.Path(path)));
            var text = reader.ReadToEnd();
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("preset", out var inner)
                ? ImagePreset.FromJson(inner.GetRawText())
                : ImagePreset.FromJson(text);
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new UserException($"{path}: this is not a preset: {JsonText.Describe(error)}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path}: {FileTrouble.WhileReading(error)}");
        }
    }

    private static Option<int[]?> Sizes(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N|HxW",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            var parts = text.Split('x', 'X');
            var sizes = new int[parts.Length];
            for (var i = 0; i < parts.Length; i++)
            {
                if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]))
                    return Options.Report<int[]?>(result, $"{name} must be a number of pixels, or a height and a width such as 224x224, not '{text}'");
            }
            return parts.Length <= 2 ? sizes : Options.Report<int[]?>(result, $"{name} must be one number of pixels or two, not '{text}'");
        },
    };

    private static Option<double[]?> Numbers(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N,N,N",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            var numbers = text.Split(',').Select(Number).ToArray();
            return numbers.All(number => number is not null)
                ? [.. numbers.Select(number => number!.Value)]
                : Options.Report<double[]?>(result, $"{name} must be numbers such as 0.5 or 127/255 with commas between them, not '{text}'");
        },
    };

    private static double? Number(string text)
    {
        var parts = text.Split('/');
        if (parts.Length > 2) return null;
        var numbers = parts.Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN).ToArray();
        var value = numbers.Length == 2 ? numbers[0] / numbers[1] : numbers[0];
        return double.IsFinite(value) ? value : null;
    }
}
