using System.Collections.Concurrent;
using Luma.Zoo.Cli.Results;
using Luma.Zoo.Images;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>Files on their way through a classifier, which takes them as it needs them and answers in their order.</summary>
/// <remarks>
/// The last digits of an answer depend on how many images go through the network together. Where an earlier run ended within such a batch,
/// the finished images of the batch go along once more, so that the others get the answers that they would have got; they are not written again.
/// </remarks>
/// <param name="files">The files.</param>
/// <param name="finished">What an earlier run has done.</param>
/// <param name="batchSize">How many images go through the network together.</param>
internal sealed class ImageQueue(IEnumerable<ImageFile> files, FinishedImages finished, int batchSize)
{
    private readonly ConcurrentQueue<QueuedFile> taken = new();

    /// <summary>What the classifier takes: what is neither finished nor failed already.</summary>
    public IEnumerable<ImageSource> Take()
    {
        var (batch, begun) = (new List<ImageFile>(), false);
        foreach (var file in files)
        {
            if (finished.Take(file.Path))
            {
                if (begun || file.Error is not null) continue;
                if (batch.Count == batchSize) batch.Clear();
                batch.Add(file);
                continue;
            }
            if (file.Error is null && !begun)
            {
                begun = true;
                foreach (var again in batch.Count == batchSize ? [] : batch)
                {
                    taken.Enqueue(new(again, IsWritten: true));
                    yield return again.Path;
                }
            }
            taken.Enqueue(new(file, IsWritten: false));
            if (file.Error is null) yield return file.Path;
        }
    }

    /// <summary>What failed before it came to the classifier and stands before its next answer.</summary>
    public IEnumerable<ImageFile> TakeFailed()
    {
        while (taken.TryPeek(out var next) && next.File.Error is not null && taken.TryDequeue(out next)) yield return next.File;
    }

    /// <summary>What the classifier's next answer is about.</summary>
    public QueuedFile TakeAnswered() => taken.TryDequeue(out var next) ? next : throw new InvalidOperationException("The classifier has answered more often than it was asked.");
}

/// <summary>A file on its way.</summary>
/// <param name="File">The file.</param>
/// <param name="IsWritten">Whether what it shows is written already.</param>
internal readonly record struct QueuedFile(ImageFile File, bool IsWritten);
