using Luma.Zoo.Weights;
using Microsoft.Extensions.Options;

namespace Luma.Zoo.DependencyInjection;

/// <summary>Says what is wrong with a classifier's options, before anything is read or fetched.</summary>
/// <param name="name">The classifier's name.</param>
internal sealed class LumaClassifierValidation(string name) : IValidateOptions<LumaClassifierOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? optionsName, LumaClassifierOptions options)
    {
        if (optionsName != name) return ValidateOptionsResult.Skip;
        return FindProblem(options) is { } problem ? ValidateOptionsResult.Fail($"Classifier '{name}': {problem}") : ValidateOptionsResult.Success;
    }

    private static string? FindProblem(LumaClassifierOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Model)) return "Model is empty: name a network, such as resnet50, or a model folder.";
        if (options.Classifier is null) return "Classifier is null.";
        try
        {
            options.Classifier.Preset?.Validate();
            if (options.Device is { } device) ParseDevice(device);
            var source = ModelSource.Find(options.Model, options.Classifier.Weights);
            if (source.Folder is null && source.Weights is { } weights && ModelZoo.FindWeights(source.Variant.Id, weights) is null
                && !File.Exists(weights) && !Directory.Exists(weights))
                return $"{source.Variant.Id} has no published weights '{weights}', and there is no such file.";
            return null;
        }
        catch (Exception exception) when (exception is UnknownModelException or ModelReferenceException or ModelFolderException
            or DifferentNetworkException or WeightFileException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return exception.Message.ReplaceLineEndings(" ");
        }
    }

    /// <summary>Reads the name of a device.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    internal static Device ParseDevice(string text)
    {
        var parts = text.Split(':');
        var index = 0;
        if (parts.Length > 2 || parts[0] is not ("cpu" or "cuda") || (parts.Length == 2 && (parts[0] == "cpu" || !int.TryParse(parts[1], out index) || index < 0)))
            throw new ArgumentException($"Device must be cpu, cuda or cuda:N, not '{text}'.");
        return parts[0] == "cpu" ? CPU : new Device(DeviceType.CUDA, index);
    }
}
