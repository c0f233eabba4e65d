using System.Reflection;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

/// <summary>Makes a model folder of a model that is named in any way.</summary>
internal static class ModelPacker
{
    /// <summary>Makes a model folder.</summary>
    /// <param name="source">The model, whose published weights are there.</param>
    /// <param name="options">What is to be otherwise than as it comes with the model.</param>
    /// <param name="path">The folder, or a file that gets all in one.</param>
    /// <param name="overwrite">Whether a model that is there is replaced.</param>
    /// <param name="progress">Is told how many bytes of the weights are written.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>The model, and what was taken of its weights.</returns>
    public static (ModelFolder Folder, LoadReport Report) Pack(
        ModelSource source, ClassifierOptions options, string path, bool overwrite, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        var parts = ModelZoo.TakeApart(source, options);
        using var network = parts.Network;
        cancellationToken.ThrowIfCancellationRequested();

        // The weights as they are in their file: in the network they have its type.
        var (id, name) = (source.Variant.Id, source.Weights ?? ModelZoo.DefaultWeights);
        var chosen = NetworkFacts.OptionsOf(network, source.Choose(options.Network));
        using var weights = ModelZoo.OpenWeights(id, name, options.Hub, source.Opening(options.File));
        using var arranged = WeightArrangement.Arrange(id, weights, name, chosen, []);
        var provenance = Provenance(source, parts.Published, weights.Source);
        provenance["packed_by"] = $"Luma.Zoo {typeof(ModelPacker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]}";
        var manifest = new ModelManifest
        {
            Model = id,
            Options = chosen,
            Task = parts.Task,
            Classes = parts.Labels,
            Preset = parts.Preset,
            Provenance = provenance,
            Metrics = source.Folder?.Manifest.Metrics ?? parts.Published?.Metrics ?? new Dictionary<string, IReadOnlyDictionary<string, double>>(),
        };
        return (ModelFolder.Save(path, arranged, manifest, overwrite, progress, cancellationToken), parts.Report);
    }

    /// <summary>Where the weights of a model come from, as names and values.</summary>
    /// <param name="source">The model.</param>
    /// <param name="published">The published weights that it has, or null.</param>
    /// <param name="file">The file that its weights are in, or their name.</param>
    public static Dictionary<string, string> Provenance(ModelSource source, PublishedWeights? published, string? file)
    {
        Dictionary<string, string> facts = new(source.Folder?.Manifest.Provenance ?? new Dictionary<string, string>());
        if (published is not null)
        {
            facts["weights"] = $"{published.Model}:{published.Name}";
            if (published.Url is { } url) facts["url"] = url.ToString();
            facts["license"] = published.License;
            if (published.LicenseUrl is { } license) facts["license_url"] = license.ToString();
            if (published.LicenseNote is { } note) facts["license_note"] = note;
            if (published.Recipe is { } recipe) facts["recipe"] = recipe;
        }
        else if (source.Folder is null && file is not null)
        {
            facts["file"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(file));
        }
        return facts;
    }
}
