namespace Luma.Zoo.Images;

/// <summary>Bounds the pixels of all images that are decoded at a time.</summary>
/// <param name="limit">How many pixels they may have together. An image with more is decoded alone.</param>
internal sealed class PixelBudget(long limit)
{
    private readonly object changing = new();
    private long taken;

    /// <summary>As many pixels as one image may have, or as half of the memory holds.</summary>
    public static PixelBudget For(DecodeOptions options) =>
        new(Math.Min(options.MaxPixels, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (2 * DecodedImage.BytesPerPixel)));

    /// <summary>Waits until there is room for an image.</summary>
    /// <param name="pixels">Its pixels.</param>
    /// <returns>What gives the room back when it is disposed of.</returns>
    public Share Take(long pixels)
    {
        pixels = Math.Min(pixels, limit);
        lock (changing)
        {
            while (taken + pixels > limit) Monitor.Wait(changing);
            taken += pixels;
        }
        return new Share(this, pixels);
    }

    /// <summary>The room of one image.</summary>
    public readonly struct Share(PixelBudget budget, long pixels) : IDisposable
    {
        public void Dispose()
        {
            lock (budget.changing)
            {
                budget.taken -= pixels;
                Monitor.PulseAll(budget.changing);
            }
        }
    }
}
