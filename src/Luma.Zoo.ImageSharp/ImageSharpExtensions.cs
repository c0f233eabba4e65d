using System.Runtime.InteropServices;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.PixelFormats;

namespace Luma.Zoo.ImageSharp;

/// <summary>ImageSharp's images for classifiers, and back. Of several frames the first counts.</summary>
public static class ImageSharpExtensions
{
    /// <summary>Classifies an image.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="image">The image; it stays the caller's.</param>
    /// <param name="top">How many predictions to give.</param>
    /// <returns>The most likely classes, the likeliest first.</returns>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    public static IReadOnlyList<Prediction> Classify<TPixel>(this Classifier classifier, Image<TPixel> image, int top = 5)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        ArgumentNullException.ThrowIfNull(classifier);
        return classifier.Classify(image.ToImageSource(), top);
    }

    /// <summary>Makes an image a source, without encoding it. Its pixels are read when it is its turn.</summary>
    /// <param name="image">The image, which must neither change nor be disposed of until then.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <returns>The source.</returns>
    public static ImageSource ToImageSource<TPixel>(this Image<TPixel> image, string? name = null)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        ArgumentNullException.ThrowIfNull(image);
        return ImageSource.FromReader(new ImageReader<TPixel>(image), name);
    }

    /// <summary>Copies the pixels of an image, which is not turned.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The pixels, with eight bits a channel.</returns>
    public static DecodedImage ToDecodedImage<TPixel>(this Image<TPixel> image)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        ArgumentNullException.ThrowIfNull(image);
        var pixels = GC.AllocateUninitializedArray<byte>(checked(4 * image.Width * image.Height));
        new ImageReader<TPixel>(image).Read(pixels);
        return new(image.Width, image.Height, pixels);
    }

    /// <summary>Copies pixels into an image. The fourth byte of each becomes its alpha.</summary>
    /// <param name="image">The pixels.</param>
    /// <returns>The image; dispose of it.</returns>
    public static Image<Rgba32> ToImage(this DecodedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Image.LoadPixelData<Rgba32>(image.Pixels, image.Width, image.Height);
    }

    /// <summary>Converts pixels into an image of another kind.</summary>
    /// <param name="image">The pixels.</param>
    /// <returns>The image; dispose of it.</returns>
    public static Image<TPixel> ToImage<TPixel>(this DecodedImage image)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = new Image<TPixel>(image.Width, image.Height);
        result.ProcessPixelRows(rows =>
        {
            var source = MemoryMarshal.Cast<byte, Rgba32>(image.Pixels);
            for (var y = 0; y < rows.Height; y++)
                PixelOperations<TPixel>.Instance.FromRgba32(result.GetConfiguration(), source.Slice(y * rows.Width, rows.Width), rows.GetRowSpan(y));
        });
        return result;
    }
}
