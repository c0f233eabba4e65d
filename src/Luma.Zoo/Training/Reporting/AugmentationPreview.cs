using System.Runtime.InteropServices;
using Luma.Neural.Native;
using Luma.Zoo.Images;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;
using SkiaSharp;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Shows what a network is shown while it learns: a row for each image, with the image itself and what becomes of it in some epochs.</summary>
/// <param name="data">The images to learn from.</param>
/// <param name="preset">What makes an image into the network's input.</param>
/// <param name="recipe">The recipe, of which the transform and the seed count.</param>
/// <param name="decoding">What is decoded, and how large it may be.</param>
internal sealed class AugmentationPreview(IDataset data, ImagePreset preset, TrainingOptions recipe, DecodeOptions decoding)
{
    /// <summary>How wide and high each image is on the sheet, in pixels.</summary>
    internal const int Side = 160;

    private readonly List<string> unreadable = [];
    private readonly List<int> shown = [];

    /// <summary>The images that could not be read, with the reason; others of their class stand in for them.</summary>
    public IReadOnlyList<string> Unreadable => unreadable;

    /// <summary>The images that are shown, by their places in the data set.</summary>
    public IReadOnlyList<int> Shown => shown;

    /// <summary>Draws the sheet.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="count">How many images are shown at most.</param>
    /// <param name="epochs">Which epochs are shown.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ArgumentException">A part of the recipe does not fit the network's input.</exception>
    /// <exception cref="InvalidDatasetException">None of the images can be read.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path, int count, IReadOnlyList<int> epochs, CancellationToken cancellation)
    {
        NativeLibraries.EnsureLoaded();
        List<SKImage> originals = [];
        List<PictureCell> cells = [];
        try
        {
            Choose(count, originals, cancellation);
            using var scope = NewDisposeScope();
            var versions = epochs.Select(epoch => Inputs(epoch, cancellation)).ToList();
            foreach (var (row, index) in shown.Index())
            {
                cells.Add(new(originals[row], [(Labels(index), Drawing.Ink), (PictureSheet.ShortName(data.Get(index).Image.Name ?? ""), Drawing.Quiet)]));
                foreach (var (place, epoch) in epochs.Index())
                {
                    using var input = versions[place][row];
                    cells.Add(new(PictureSheet.Fit(Picture(input), Side), [($"epoch {epoch}", Drawing.Quiet)]));
                }
            }
            PictureSheet.Write(path, cells, 1 + epochs.Count, Side, lines: 2, "");
        }
        finally
        {
            foreach (var original in originals) original.Dispose();
            foreach (var cell in cells) cell.Dispose();
        }
    }

    /// <summary>The names of an image's classes.</summary>
    public IReadOnlyList<string> LabelsOf(int index) => [.. data.GetLabels(index).Select(label => data.Classes[label])];

    // An image of each class in turn, drawn by the seed.
    private void Choose(int count, List<SKImage> originals, CancellationToken cancellation)
    {
        var order = new SampleRandom(recipe.Seed, 0, 0, SampleRandom.Purpose.Order).NextOrder(data.Count);
        var classes = order.GroupBy(index => data.GetLabels(index) is [var first, ..] ? first : -1).OrderBy(group => group.Key).Select(group => new Queue<int>(group)).ToList();
        while (shown.Count < count && classes.Count > 0)
        {
            foreach (var left in classes.ToList())
            {
                if (shown.Count == count) break;
                cancellation.ThrowIfCancellationRequested();
                while (left.TryDequeue(out var index))
                {
                    if (TryRead(index) is not { } picture) continue;
                    originals.Add(picture);
                    shown.Add(index);
                    break;
                }
                if (left.Count == 0) classes.Remove(left);
            }
        }
        if (shown.Count == 0) throw new InvalidDatasetException("images", $"none can be read: {unreadable.FirstOrDefault("there are none")}");
    }

    private SKImage? TryRead(int index)
    {
        try
        {
            var image = data.Get(index).Image;
            return PictureSheet.Fit(image.Input is { } input ? Picture(input) : image.Image ?? ImageDecoder.Decode(image, decoding), Side);
        }
        catch (ImageException error)
        {
            unreadable.Add(error.Message);
            return null;
        }
    }

    // What the training makes of the images in an epoch, to the bit; but how they are mixed depends on what else is in a batch.
    private Tensor Inputs(int epoch, CancellationToken cancellation)
    {
        var reader = new SampleReader(data, preset, new() { Transform = recipe.Transform, Seed = recipe.Seed, Decoding = decoding, StopAtUnreadable = true });
        var inputs = empty([shown.Count, .. preset.GetInputShape()], ScalarType.Float32);
        foreach (var (row, index) in shown.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            reader.Read(epoch, index, inputs, row, shown.Count);
        }
        return recipe.Transform is { Mixing.Count: > 0 } transform
            ? transform.Mix(inputs, zeros(shown.Count, data.Classes.Count), new SampleRandom(recipe.Seed, epoch, 0, SampleRandom.Purpose.Mixing)).Inputs
            : inputs;
    }

    // A network's input as a picture again.
    private DecodedImage Picture(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (channels, height, width) = ((int)input.shape[0], (int)input.shape[1], (int)input.shape[2]);
        var floats = MemoryMarshal.Cast<byte, float>(input.cpu().to(ScalarType.Float32).contiguous().bytes);
        var pixels = new byte[4 * width * height];
        for (var place = 0; place < width * height; place++)
        {
            for (var colour = 0; colour < 3; colour++)
            {
                var channel = channels == 1 ? 0 : preset.ChannelOrder == ChannelOrder.Bgr ? 2 - colour : colour;
                var value = (floats[(channel * width * height) + place] * preset.Std[channel]) + preset.Mean[channel];
                pixels[(4 * place) + colour] = (byte)Math.Clamp(Math.Round(255 * value), 0, 255);
            }
            pixels[(4 * place) + 3] = byte.MaxValue;
        }
        return new(width, height, pixels);
    }

    private string Labels(int index) => LabelsOf(index) is { Count: > 0 } labels ? string.Join(", ", labels) : "no class";
}
