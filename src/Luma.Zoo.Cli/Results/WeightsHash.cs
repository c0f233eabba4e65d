using System.Security.Cryptography;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli.Results;

/// <summary>Tells weights apart by their bytes.</summary>
internal static class WeightsHash
{
    private static readonly string[] Extensions = [".safetensors", ".pth", ".pt", ".bin", ".dat", ".json"];

    /// <summary>The SHA-256 of weights in hexadecimal digits. Of a folder, or of an index of several files, it is that of all of them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hub">What keeps published weights.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<string> OfAsync(ModelReference model, Hub hub, CancellationToken cancellation)
    {
        // Opening the folder has held its weights against this.
        if (model.Source.Folder?.Manifest.WeightsSha256 is { } known) return known;

        var (id, weights) = (model.Variant.Id, model.Weights ?? ModelZoo.DefaultWeights);
        if (await ModelZoo.DownloadAsync(id, weights, hub, cancellationToken: cancellation) is not { } path)
        {
            using var carried = ZooData.Open(ModelZoo.FindWeights(id, weights)!.Embedded!);
            return Text(await SHA256.HashDataAsync(carried, cancellation));
        }
        var folder = Directory.Exists(path) ? path : path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase) ? Path.GetDirectoryName(Path.GetFullPath(path)) : null;
        if (folder is null) return Text(await OfFileAsync(path, cancellation));

        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = Directory.EnumerateFiles(folder).Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase));
        foreach (var file in files.Order(StringComparer.Ordinal)) all.AppendData(await OfFileAsync(file, cancellation));
        return Text(all.GetHashAndReset());
    }

    private static async Task<byte[]> OfFileAsync(string path, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return await SHA256.HashDataAsync(file, cancellation);
    }

    private static string Text(byte[] hash) => Convert.ToHexStringLower(hash);
}
