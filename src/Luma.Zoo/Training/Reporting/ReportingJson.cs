using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Reporting;

/// <summary>What a run says of itself as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(EvaluationReport))]
internal sealed partial class ReportingJson : JsonSerializerContext;
