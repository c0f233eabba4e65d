using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Training.Data;

/// <summary>Makes images of a data set into a network's input: reads, decodes, changes at random, normalises.</summary>
internal sealed class SampleReader(IDataset data, ImagePreset preset, DataLoaderOptions options)
{
    private readonly InputWriter writer = new(preset, Fitting(options, preset).Decoding);
    private readonly DecodeBudget budget = DecodeBudget.For(options.Decoding);
    private readonly ConcurrentDictionary<int, DecodedImage> decoded = new();
    private readonly ConcurrentDictionary<int, ImageException> unreadable = new();
    private long cachedBytes;

    /// <summary>The images that could not be read so far.</summary>
    public IReadOnlyList<ImageException> Unreadable => [.. unreadable.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <inheritdoc cref="DecodeBudget.Pause"/>
    public DecodeBudget.Room.Share Pause(Device device) => budget.Pause(device);

    /// <summary>Writes an image where a batch wants it.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="index">The image.</param>
    /// <param name="inputs">The batch's inputs, <c>(N, C, H, W)</c>.</param>
    /// <param name="place">The image's place in the batch.</param>
    /// <param name="count">How many places the batch has.</param>
    /// <returns>Whether it could be read.</returns>
    /// <exception cref="ImageException">It could not, and that is an error.</exception>
    public bool Read(int epoch, int index, Tensor inputs, int place, int count)
    {
        var floats = MemoryMarshal.Cast<byte, float>(inputs.bytes);
        floats = floats.Slice(place * (floats.Length / count), floats.Length / count);
        try
        {
            Write(epoch, index, floats);
            return true;
        }
        catch (ImageException error)
        {
            unreadable.TryAdd(index, error);
            if (options.StopAtUnreadable) throw;
            return false;
        }
    }

    private static DataLoaderOptions Fitting(DataLoaderOptions options, ImagePreset preset) =>
        options.Transform?.ProblemWith(preset.GetInputShape()[0]) is { } problem ? throw new ArgumentException(problem, nameof(options)) : options;

    private void Write(int epoch, int index, Span<float> floats)
    {
        var random = Random(epoch, index);
        if (decoded.TryGetValue(index, out var kept))
        {
            WritePixels(kept, floats, random);
            return;
        }

        var source = data.Get(index).Image;
        if (source.Input is not null)
        {
            writer.Write(source, floats);
            options.Transform?.ChangeInput(floats, writer.Shape, random);
            return;
        }

        // A span cannot be captured; its address can, and what it lies in stays where it is: a tensor's memory.
        unsafe
        {
            fixed (float* start = floats)
            {
                var (address, length) = ((nint)start, floats.Length);
                if (Chooser(epoch, index) is { } choose)
                {
                    ImageDecoder.UseArea(source, options.Decoding, budget, choose, pixels =>
                    {
                        WritePixels(pixels, new Span<float>((void*)address, length), random);
                        return true;
                    });
                    return;
                }
                ImageDecoder.Use(source, options.Decoding, budget, image =>
                {
                    if (source.Image is null) Keep(index, image);
                    WritePixels(image, new Span<float>((void*)address, length), random);
                    return true;
                });
            }
        }
    }

    private SampleRandom Random(int epoch, int index) => new(options.Seed, epoch, index);

    // What of an image is needed, where that may be less than all of it.
    private Func<int, int, PixelArea>? Chooser(int epoch, int index)
    {
        if (options.CacheBytes > 0) return null;
        return options.Transform switch
        {
            null => preset.Needed,
            // Drawn here and once more when the pixels are there: what is decoded otherwise than by its area is not asked for one.
            { Crop: { } crop } => (width, height) => crop.Draw(width, height, Random(epoch, index)).ToArea(),
            _ => null,
        };
    }

    private void WritePixels(PixelView pixels, Span<float> floats, SampleRandom random)
    {
        if (options.Transform is { } transform) transform.Write(pixels, preset, random, floats);
        else preset.Write(pixels, floats);
    }

    private void WritePixels(DecodedImage image, Span<float> floats, SampleRandom random)
    {
        if (options.Transform is { } transform) transform.Write(image, preset, random, floats);
        else preset.Write(image, floats);
    }

    private void Keep(int index, DecodedImage image)
    {
        if (options.CacheBytes == 0) return;
        if (Interlocked.Add(ref cachedBytes, image.Pixels.Length) <= options.CacheBytes) decoded.TryAdd(index, new(image.Width, image.Height, image.Pixels.ToArray()));
        else Interlocked.Add(ref cachedBytes, -image.Pixels.Length);
    }
}
