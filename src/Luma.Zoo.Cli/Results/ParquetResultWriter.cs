using Parquet;
using Parquet.Schema;

namespace Luma.Zoo.Cli.Results;

/// <summary>Apache Parquet: a row for each prediction, and one for an image that has none. A group of rows is written once it is full.</summary>
internal sealed class ParquetResultWriter : IResultWriter, IAsyncDisposable
{
    private const int RowsOfGroup = 1 << 16;

    private static readonly DataField<string> Path = new("path", nullable: false), Label = new("label", nullable: true), Error = new("error", nullable: true);
    private static readonly DataField<int?> Rank = new("rank"), Index = new("index");
    private static readonly DataField<float?> Probability = new("probability");

    private readonly ParquetWriter file;
    private readonly List<string> paths = [];
    private readonly List<string?> labels = [], errors = [];
    private readonly List<int?> ranks = [], indices = [];
    private readonly List<float?> probabilities = [];

    private ParquetResultWriter(ParquetWriter file) => this.file = file;

    /// <summary>Begins a file.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="made">What made it, as JSON: kept in the file under the key <c>luma</c>.</param>
    public static async Task<ParquetResultWriter> CreateAsync(Stream output, string made)
    {
        var file = await ParquetWriter.CreateAsync(new ParquetSchema(Path, Rank, Index, Label, Probability, Error), output);
        file.CustomMetadata = new Dictionary<string, string> { ["luma"] = made };
        return new(file);
    }

    public async Task WriteAsync(ClassifiedImage image)
    {
        if (image.Predictions is not { Count: > 0 } predictions) Add(image.Path, error: image.Error);
        else
        {
            for (var rank = 0; rank < predictions.Count; rank++) Add(image.Path, rank + 1, predictions[rank]);
        }
        if (paths.Count >= RowsOfGroup) await WriteGroupAsync();
    }

    public async Task FinishAsync()
    {
        if (paths.Count > 0) await WriteGroupAsync();
        await file.DisposeAsync();
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private void Add(string path, int? rank = null, Inference.Prediction? prediction = null, string? error = null)
    {
        paths.Add(path);
        ranks.Add(rank);
        indices.Add(prediction?.Index);
        labels.Add(prediction?.Label);
        probabilities.Add(prediction?.Probability);
        errors.Add(error);
    }

    private async Task WriteGroupAsync()
    {
        using (var group = file.CreateRowGroup())
        {
            await group.WriteAsync(Path, paths);
            await group.WriteAsync<int>(Rank, ranks.ToArray());
            await group.WriteAsync<int>(Index, indices.ToArray());
            await group.WriteAsync(Label, labels!);
            await group.WriteAsync<float>(Probability, probabilities.ToArray());
            await group.WriteAsync(Error, errors!);
            group.CompleteValidate();
        }
        paths.Clear();
        ranks.Clear();
        indices.Clear();
        labels.Clear();
        probabilities.Clear();
        errors.Clear();
    }
}
