namespace Luma.Zoo.Cli.Results;

/// <summary>Writes what became of images, one after another.</summary>
internal interface IResultWriter
{
    /// <summary>Writes what became of one image. What can be read before the end is there for others to read when this returns.</summary>
    Task WriteAsync(ClassifiedImage image);

    /// <summary>Writes what belongs at the end. Without it what was written need not be whole.</summary>
    Task FinishAsync();
}
