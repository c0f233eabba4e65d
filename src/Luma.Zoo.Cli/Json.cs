using System.Text.Json.Serialization;
using Luma.Zoo.Inference;

namespace Luma.Zoo.Cli;

/// <summary>What <c>luma list --json</c> says of a network.</summary>
internal sealed record ListedModel(
    string Id, string Family, long Parameters, IReadOnlyList<string> Weights, IReadOnlyList<string> Aliases, IReadOnlyList<int> Input, string Description);

/// <summary>What <c>luma info --json</c> says.</summary>
internal sealed record ModelReport(
    string Id, string Family, string Description, IReadOnlyList<string> Aliases, string Config, long Parameters, long Weights, long Biases,
    IReadOnlyList<int> Input, IReadOnlyList<string> PretrainedWeights);

/// <summary>What <c>luma forward --json</c> says.</summary>
internal sealed record ForwardReport(IReadOnlyList<long> Shape, IReadOnlyList<float> Output);

/// <summary>What <c>luma train --json</c> says.</summary>
internal sealed record TrainingReport(
    string Id, string Output, int Seed, int Epochs, int BestEpoch, bool Cancelled, double? HeldOutAccuracy, double TestAccuracy, int TestImages);

/// <summary>What <c>luma classify --json</c> says of an image: predictions or an error.</summary>
internal sealed record ClassifiedImage(string Path, IReadOnlyList<Prediction>? Predictions, string? Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<ListedModel>))]
[JsonSerializable(typeof(ModelReport))]
[JsonSerializable(typeof(ForwardReport))]
[JsonSerializable(typeof(IReadOnlyList<ClassifiedImage>))]
[JsonSerializable(typeof(TrainingReport))]
internal sealed partial class Json : JsonSerializerContext;
