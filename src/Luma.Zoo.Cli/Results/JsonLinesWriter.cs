using System.Text.Json;

namespace Luma.Zoo.Cli.Results;

/// <summary>A JSON object on a line for each image.</summary>
internal sealed class JsonLinesWriter(TextWriter output) : IResultWriter
{
    public async Task WriteAsync(ClassifiedImage image)
    {
        // The same end of line everywhere, so that a file may be continued on another system. What weights were taken stands elsewhere.
        await output.WriteAsync(JsonSerializer.Serialize(image with { Notes = null }, Json.Default.ClassifiedImage) + "\n");
        await output.FlushAsync();
    }

    public Task FinishAsync() => Task.CompletedTask;
}
