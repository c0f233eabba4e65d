using System.Text.Json;

namespace Luma.Zoo.Cli.Results;

/// <summary>One JSON document: an array with an object an image.</summary>
internal sealed class JsonDocumentWriter(TextWriter output) : IResultWriter
{
    private bool begun;

    public async Task WriteAsync(ClassifiedImage image)
    {
        await output.WriteAsync((begun ? "," : "[") + JsonSerializer.Serialize(image, Json.Default.ClassifiedImage));
        begun = true;
    }

    public async Task FinishAsync()
    {
        await output.WriteLineAsync(begun ? "]" : "[]");
        await output.FlushAsync();
    }
}
