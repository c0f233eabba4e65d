using System.Runtime.InteropServices;
using Luma.Zoo.Images;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.PixelFormats;

namespace Luma.Zoo.ImageSharp;

/// <summary>Reads the pixels of an image of ImageSharp.</summary>
internal sealed class ImageReader<TPixel>(Image<TPixel> image) : IImageReader
    where TPixel : unmanaged, IPixel<TPixel>
{
    public int Width => image.Width;

    public int Height => image.Height;

    public void Read(Span<byte> pixels)
    {
        var frame = image.Frames.RootFrame;
        var target = MemoryMarshal.Cast<byte, Rgba32>(pixels);
        for (var y = 0; y < frame.Height; y++)
            PixelOperations<TPixel>.Instance.ToRgba32(image.GetConfiguration(), frame.PixelBuffer.DangerousGetRowSpan(y), target.Slice(y * frame.Width, frame.Width));
    }
}
