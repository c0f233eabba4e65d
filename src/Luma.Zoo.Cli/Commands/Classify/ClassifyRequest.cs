using Luma.Zoo.Cli.Results;
using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>Which images to classify, and what to make of the answers.</summary>
/// <param name="Paths">Images and folders.</param>
/// <param name="List">A list of more of them, or null.</param>
/// <param name="Recursive">Whether to search the folders in folders.</param>
/// <param name="Shard">Which part of the images, or null for all.</param>
/// <param name="Top">How many predictions each image gets at most.</param>
/// <param name="Threshold">The least probability of a prediction, or null.</param>
/// <param name="BatchSize">How many images go through the network together, or null for the classifier's own number.</param>
/// <param name="Compiles">Whether the network is compiled first.</param>
/// <param name="Engine">What compiles it, or null where no user has said what.</param>
/// <param name="Output">Where the answers go.</param>
/// <param name="Sheet">The picture of pictures and answers to draw, or null.</param>
/// <param name="Sheets">Where it and those of the other parts stand, or null.</param>
internal sealed record ClassifyRequest(
    IReadOnlyList<string> Paths, PathList? List, bool Recursive, Shard? Shard, int Top, double? Threshold, int? BatchSize, bool Compiles, IInferenceEngine? Engine, OutputRequest Output, string? Sheet, SheetNames? Sheets)
{
    /// <summary>The files, found as they are asked for.</summary>
    /// <param name="cancellation">Ends the waiting for a list.</param>
    public IEnumerable<ImageFile> Find(CancellationToken cancellation)
    {
        var files = ImagePaths.Find(Paths, Recursive);
        if (List is not null) files = files.Concat(ImagePaths.Find(List.Read(cancellation), Recursive, listed: true));
        // The sheet of an earlier run, or of another part, is none of the pictures.
        if (Sheets is { } sheets) files = files.Where(file => !sheets.Has(file.Path));
        return Shard is { } shard ? files.Where(file => shard.Has(file.Path)) : files;
    }

    /// <summary>How many files there are; 0 where that would take them away.</summary>
    public long Count(CancellationToken cancellation)
    {
        if (List is { IsStream: true }) return 0;

        var count = 0L;
        foreach (var _ in Find(cancellation))
        {
            if (cancellation.IsCancellationRequested) return 0;
            count++;
        }
        return count;
    }
}
