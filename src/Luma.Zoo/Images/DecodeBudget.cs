namespace Luma.Zoo.Images;

/// <summary>
/// Bounds what all images that are decoded at a time hold together: the bytes of their files, and their pixels. Whoever waits for pixels
/// may hold bytes, and whoever has pixels waits for nothing, so none waits for ever.
/// </summary>
/// <param name="bytes">How many bytes the files may have together. A larger one is read alone.</param>
/// <param name="pixels">How many pixels the images may have together. An image with more is decoded alone.</param>
internal sealed class DecodeBudget(long bytes, long pixels)
{
    // Of the memory, what pixels may take, and the bytes of files.
    private const int PixelShare = 2, ByteShare = 4;

    /// <summary>The bytes of files that are read into memory.</summary>
    public Room Bytes { get; } = new(bytes);

    /// <summary>The pixels of decoded images.</summary>
    public Room Pixels { get; } = new(pixels);

    /// <summary>Memory of images that are done, for the next ones: as much as a photograph of twelve megapixels takes, and a little more.</summary>
    public BufferPool Pool { get; } = new(mostBytes: 1 << 26);

    /// <summary>As much as one image may have, or as half of the memory holds and a quarter of it.</summary>
    public static DecodeBudget For(DecodeOptions options)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new(Math.Min(options.MaxBytes, memory / ByteShare), Math.Min(options.MaxPixels, memory / (PixelShare * DecodedImage.BytesPerPixel)));
    }

    /// <summary>For an image that is decoded for itself.</summary>
    public static DecodeBudget Unbounded() => new(long.MaxValue, long.MaxValue);

    /// <summary>
    /// Before a network is computed: where that takes all processors, waits for the images that are being decoded, and lets none begin until what it
    /// gives is disposed of. Files are read all the same.
    /// </summary>
    /// <remarks>
    /// Such a computation is as slow as the slowest of its threads, and the others wait for it by spinning, so what is decoded beside it takes twice its time.
    /// </remarks>
    /// <param name="device">Where the network is.</param>
    public Room.Share Pause(Device device) =>
        device.type == DeviceType.CPU && get_num_threads() >= Environment.ProcessorCount ? Pixels.TakeAll() : default;

    /// <summary>Room that is shared.</summary>
    /// <param name="limit">How much there is.</param>
    public sealed class Room(long limit)
    {
        private readonly object changing = new();
        private long taken;
        private int wantAll;

        /// <summary>The most that was taken at a time.</summary>
        public long Peak { get; private set; }

        /// <summary>Waits until there is room.</summary>
        /// <param name="amount">How much is needed; of more than there is, all.</param>
        /// <returns>What gives the room back when it is disposed of.</returns>
        public Share Take(long amount)
        {
            amount = Math.Min(amount, limit);
            lock (changing)
            {
                while (wantAll > 0 || taken > limit - amount) Monitor.Wait(changing);
                taken += amount;
                Peak = Math.Max(Peak, taken);
            }
            return new Share(this, amount);
        }

        /// <summary>Waits until nobody has any of the room, and takes all of it; nobody who comes later gets any before.</summary>
        /// <returns>What gives the room back when it is disposed of.</returns>
        public Share TakeAll()
        {
            lock (changing)
            {
                wantAll++;
                while (taken > 0) Monitor.Wait(changing);
                wantAll--;
                taken = limit;
            }
            return new Share(this, limit);
        }

        /// <summary>What somebody has of it.</summary>
        public readonly struct Share(Room room, long amount) : IDisposable
        {
            public void Dispose()
            {
                if (room is null) return;
                lock (room.changing)
                {
                    room.taken -= amount;
                    Monitor.PulseAll(room.changing);
                }
            }
        }
    }
}
