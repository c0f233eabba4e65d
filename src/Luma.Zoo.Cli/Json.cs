using System.Text.Json.Serialization;
using Luma.Neural.Observation;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Training.Reporting;

namespace Luma.Zoo.Cli;

/// <summary>What <c>luma list --json</c> says of a network.</summary>
internal sealed record ListedModel(
    string Id, string Family, long Parameters, IReadOnlyList<string> Weights, IReadOnlyList<string> Aliases, IReadOnlyList<int> Input, string Description);

/// <summary>What <c>luma info --json</c> says.</summary>
internal sealed record ModelReport(
    string Id, string Family, string Description, IReadOnlyList<string> Aliases, string Config, long Parameters, long Weights, long Biases,
    IReadOnlyList<int> Input, IReadOnlyList<string> PretrainedWeights);

/// <summary>What <c>luma forward --json</c> says. Notes say how the weights were taken, if there is anything to say; here and below. JSON has no number for NaN and infinity: they are the texts "NaN", "Infinity" and "-Infinity".</summary>
internal sealed record ForwardReport(
    IReadOnlyList<long> Shape,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] IReadOnlyList<float> Output,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null);

/// <summary>What <c>luma weights --json</c> says of published weights. A null address means that they come with the program.</summary>
internal sealed record ListedWeights(
    string Id, string Name, bool Default, long Parameters, double SizeInMegabytes, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Metrics,
    bool Cached, string? Url, string License, string? LicenseUrl, string? LicenseNote, bool NonCommercial, string? Paper, string? Recipe);

/// <summary>What <c>luma finetune --json</c> and <c>luma train --json</c> say. Shares are from 0 to 1; null is what was not measured.</summary>
internal sealed record FineTuneReport(
    string Id, string Output, int Seed, int Epochs, int? BestEpoch, long Steps, bool Cancelled, double? Top1, double? Top5, double? MeanAveragePrecision, double? Loss,
    int? Images, double? TestTop1, int? TestImages, IReadOnlyList<string> Unreadable, IReadOnlyList<string> Notes);

/// <summary>What <c>luma classify --json</c> says of an image: predictions or an error.</summary>
internal sealed record ClassifiedImage(
    string Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Prediction>? Predictions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null);

/// <summary>What <c>luma summary --json</c> says: totals, and the tree of rows from the network down. A megabyte is 1,000,000 bytes.</summary>
internal sealed record SummaryReport(
    string Id, string Family, string Config, IReadOnlyList<long> Input, long Parameters, long TrainableParameters, long NonTrainableParameters,
    long MultiplyAdds, double InputMegabytes, double ForwardBackwardMegabytes, double ParameterMegabytes, double TotalMegabytes, SummaryRow Network);

/// <summary>What <c>luma graph --json</c> says: operations on numbered values, of which 0 is the input, and the weights that they read.</summary>
internal sealed record GraphReport(
    string Id, IReadOnlyList<long> Input, int Output, IReadOnlyList<ListedOperation> Operations, IReadOnlyList<ListedConstant> Constants);

/// <summary>An operation of <see cref="GraphReport"/>. An input that is left out is null.</summary>
internal sealed record ListedOperation(int Value, string Operation, IReadOnlyList<int?> Inputs, IReadOnlyList<long> Shape, string Module);

/// <summary>A weight of <see cref="GraphReport"/>.</summary>
internal sealed record ListedConstant(int Value, string Name, IReadOnlyList<long> Shape);

/// <summary>What <c>luma bench --json</c> says. A megabyte is 1,000,000 bytes.</summary>
internal sealed record BenchReport(string Id, IReadOnlyList<long> Image, int Threads, IReadOnlyList<BenchRow> Forms, IReadOnlyList<string> LeftOut, IReadOnlyList<BenchChoice> Auto);

/// <summary>
/// The engine that is taken for a batch where the fastest is asked for, and the median of a pass of each engine in milliseconds, of 8 images where the batch is
/// larger, and none where only one engine can run the network.
/// </summary>
internal sealed record BenchChoice(long Batch, string Engine, IReadOnlyDictionary<string, double> Milliseconds);

/// <summary>How fast one form of a network is: the median of a pass in milliseconds, and its share of the eager network's.</summary>
internal sealed record BenchRow(string Form, long Batch, double Milliseconds, double ImagesPerSecond, double RatioToEager, double PreparationMilliseconds, double Megabytes);

/// <summary>What <c>luma convert --json</c> says.</summary>
internal sealed record ConvertedFile(
    string Path, int Tensors, long Bytes, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null);

/// <summary>What <c>luma pack --json</c> says.</summary>
internal sealed record PackedModel(
    string Path, string Id, int Classes, ImagePreset Preset,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null);

/// <summary>What <c>luma export --json</c> says. Data is the file that has the weights where they are apart; dynamic is whether an ONNX model takes images of any size.</summary>
internal sealed record ExportedModel(
    string Path, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Data, string Id, string Format, long Bytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Dynamic,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null);

/// <summary>What <c>luma preprocess --json</c> says.</summary>
internal sealed record PreprocessedImages(string Path, IReadOnlyList<long> Shape, ImagePreset Preset);

/// <summary>What <c>luma download --json</c> says of weights. A null path means that they come with the program.</summary>
internal sealed record DownloadedWeights(string Id, string Name, string? Path);

// A network may answer with what is no number: "NaN", "Infinity" and "-Infinity", as strings.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(IReadOnlyList<ListedModel>))]
[JsonSerializable(typeof(ModelReport))]
[JsonSerializable(typeof(IReadOnlyList<ListedWeights>))]
[JsonSerializable(typeof(ForwardReport))]
[JsonSerializable(typeof(IReadOnlyList<ClassifiedImage>))]
[JsonSerializable(typeof(FineTuneReport))]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(IReadOnlyList<ListedRun>))]
[JsonSerializable(typeof(PreviewedImages))]
[JsonSerializable(typeof(SummaryReport))]
[JsonSerializable(typeof(GraphReport))]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(ConvertedFile))]
[JsonSerializable(typeof(PackedModel))]
[JsonSerializable(typeof(ExportedModel))]
[JsonSerializable(typeof(PreprocessedImages))]
[JsonSerializable(typeof(IReadOnlyList<DownloadedWeights>))]
internal sealed partial class Json : JsonSerializerContext;
