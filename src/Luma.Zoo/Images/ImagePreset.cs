using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Neural.Native;

namespace Luma.Zoo.Images;

/// <summary>
/// What turns an image into a classifier's input, as torchvision's presets do: resize, crop the centre, scale to [0, 1], normalise.
/// The floats are torchvision's to the bit. Sizes are one number or height and width.
/// </summary>
/// <remarks>
/// The JSON members are torchvision's names (<c>resize_size</c>, <c>crop_size</c>, ...), <c>channels</c> and <c>channel_order</c>.
/// </remarks>
[JsonConverter(typeof(ImagePresetConverter))]
public sealed record ImagePreset
{
    private const int LargestSize = 4096;

    // What a byte can be.
    private const int Levels = 256;

    /// <summary>The channels: 3 for red, green and blue, 1 for grey.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>The order of the three channels of colour; red, green and blue by default.</summary>
    public ChannelOrder ChannelOrder { get; init; }

    /// <summary>
    /// One number: the length of the shorter side after resizing, the longer one following. Two: the height and the width.
    /// </summary>
    public required IReadOnlyList<int> ResizeSize { get; init; }

    /// <summary>The part from the centre that the network sees. A smaller image gets a black frame.</summary>
    public required IReadOnlyList<int> CropSize { get; init; }

    /// <summary>The filter for resizing. Shrinking is always antialiased, as with PIL.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>What is subtracted from each channel in [0, 1], in the network's order of channels; by default the mean of ImageNet's training images.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.485, 0.456, 0.406];

    /// <summary>What each channel is then divided by, in the network's order of channels; by default the standard deviation of ImageNet's training images.</summary>
    public IReadOnlyList<double> Std { get; init; } = [0.229, 0.224, 0.225];

    /// <summary>Reads a preset.</summary>
    /// <param name="json">A JSON object.</param>
    /// <returns>The preset.</returns>
    /// <exception cref="JsonException">The text is not JSON, or not a preset.</exception>
    /// <exception cref="ArgumentException">A value makes no sense.</exception>
    public static ImagePreset FromJson(string json) =>
        JsonSerializer.Deserialize(json, ImageJson.Default.ImagePreset) ?? throw new JsonException("Expected a preset, got null.");

    /// <summary>Writes the preset.</summary>
    /// <returns>A JSON object.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, ImageJson.Default.ImagePreset);

    /// <summary>The shape of the tensor for an image: channels, height, width.</summary>
    /// <returns><c>[C, H, W]</c>.</returns>
    public long[] GetInputShape() => [Channels, CropSize[0], CropSize[^1]];

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentException">A size is not from 1 to 4096, or mean and std are not one finite number a channel, std above 0.</exception>
    public void Validate()
    {
        if (Channels is not (1 or 3)) throw new ArgumentException($"A preset has 1 or 3 channels, not {Channels}.", nameof(Channels));
        if (!Enum.IsDefined(ChannelOrder)) throw new ArgumentException($"There is no channel order {ChannelOrder}.", nameof(ChannelOrder));
        if (Channels == 1 && ChannelOrder != ChannelOrder.Rgb)
            throw new ArgumentException("A grey image has no order of channels.", nameof(ChannelOrder));
        CheckSizes(ResizeSize, nameof(ResizeSize));
        CheckSizes(CropSize, nameof(CropSize));
        if (!Enum.IsDefined(Interpolation)) throw new ArgumentException($"There is no interpolation {Interpolation}.", nameof(Interpolation));
        CheckNumbers(Mean, nameof(Mean), number => true, "finite numbers");
        CheckNumbers(Std, nameof(Std), number => number > 0, "finite numbers above 0");

        static void CheckSizes(IReadOnlyList<int> sizes, string name)
        {
            if (sizes is not [>= 1 and <= LargestSize] and not [>= 1 and <= LargestSize, >= 1 and <= LargestSize])
                throw new ArgumentException($"Expected one or two sizes from 1 to {LargestSize}, got ({string.Join(", ", sizes ?? [])}).", name);
        }

        void CheckNumbers(IReadOnlyList<double> numbers, string name, Predicate<float> allows, string expected)
        {
            if (numbers?.Count != Channels || !numbers.All(number => float.IsFinite((float)number) && allows((float)number)))
                throw new ArgumentException($"Expected {Channels} {expected}, got ({string.Join(", ", numbers ?? [])}).", name);
        }
    }

    /// <summary>Turns an image into the network's input.</summary>
    /// <param name="image">The image.</param>
    /// <returns>32-bit floats <c>(C, H, W)</c> on the CPU.</returns>
    /// <exception cref="ArgumentException">The preset makes no sense.</exception>
    /// <exception cref="ImageException">The image is so long and narrow that it cannot be resized to two given sizes.</exception>
    public Tensor Apply(DecodedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Validate();
        NativeLibraries.EnsureLoaded();

        var tensor = empty(GetInputShape(), ScalarType.Float32);
        Write(image, MemoryMarshal.Cast<byte, float>(tensor.bytes));
        return tensor;
    }

    /// <summary>Writes what <see cref="Apply"/> gives where a batch wants it; the preset must be valid.</summary>
    internal void Write(DecodedImage image, Span<float> floats) => Write(new PixelView(image), floats);

    /// <summary>What is needed of an image to make the input.</summary>
    /// <exception cref="ImageException">The image is so long and narrow that it cannot be resized to two given sizes.</exception>
    internal PixelArea Needed(int width, int height)
    {
        var (resizedHeight, resizedWidth) = Resized(width, height);
        var (left, right) = Resizer.Extent(width, resizedWidth, Crop(resizedWidth, CropSize[^1]).Visible, Interpolation);
        var (top, bottom) = Resizer.Extent(height, resizedHeight, Crop(resizedHeight, CropSize[0]).Visible, Interpolation);
        return new(left, top, right - left, bottom - top);
    }

    /// <summary>By what both sides of an image may be divided so that it is still twice as large as it is resized to: 1, 2, 4 or 8.</summary>
    internal int Reduction(int width, int height)
    {
        var (resizedHeight, resizedWidth) = Resized(width, height);
        var scale = Math.Min((double)width / resizedWidth, (double)height / resizedHeight);
        return scale switch
        {
            >= 16 => 8,
            >= 8 => 4,
            >= 4 => 2,
            _ => 1,
        };
    }

    /// <summary>The same, where no more than what is <see cref="Needed"/> of the image may be there.</summary>
    internal void Write(PixelView image, Span<float> floats)
    {
        var (height, width) = Resized(image.Width, image.Height);
        var (rows, above) = Crop(height, CropSize[0]);
        var (columns, before) = Crop(width, CropSize[^1]);
        var stride = Channels == 1 ? 1 : DecodedImage.BytesPerPixel;
        var source = Channels == 1 ? DecodedImage.ToGrey(image.Bytes) : image.Bytes;
        var pixels = Resizer.Resize(source, stride, image.Area, image.Width, image.Height, width, height, columns, rows, Interpolation);

        var plane = CropSize[0] * CropSize[^1];
        if (pixels.Length < plane * stride)
        {
            Span<float> values = stackalloc float[Levels];
            for (var channel = 0; channel < Channels; channel++)
            {
                Normalise(channel, values);
                floats.Slice(channel * plane, plane).Fill(values[0]);
            }
        }
        Normalise(pixels, stride, columns.Length, floats[((above * CropSize[^1]) + before)..]);
    }

    /// <summary>Whether an image has the size that the network sees, so that it may be normalised as it is.</summary>
    internal bool HasSize(DecodedImage image) => image.Height == CropSize[0] && image.Width == CropSize[^1];

    /// <summary>Writes an image of the network's size (<see cref="HasSize"/>) where a batch wants it, normalised and otherwise as it is.</summary>
    internal void WriteNormalised(DecodedImage image, Span<float> floats)
    {
        if (Channels == 1) Normalise(image.ToGrey(), 1, image.Width, floats);
        else Normalise(image.Pixels, DecodedImage.BytesPerPixel, image.Width, floats);
    }

    // Writes rows of pixels from the first float on; the planes are as large as the crop.
    private void Normalise(ReadOnlySpan<byte> pixels, int stride, int width, Span<float> floats)
    {
        var plane = CropSize[0] * CropSize[^1];
        Span<float> values = stackalloc float[Levels];
        for (var channel = 0; channel < Channels; channel++)
        {
            Normalise(channel, values);
            var target = floats[(channel * plane)..];
            var place = ChannelOrder == ChannelOrder.Bgr ? Channels - 1 - channel : channel;
            for (var row = 0; row < pixels.Length / (width * stride); row++)
            {
                var line = pixels.Slice(row * width * stride, width * stride);
                var to = target.Slice(row * CropSize[^1], width);
                if (stride == 1)
                    for (var i = 0; i < to.Length; i++) to[i] = values[line[i]];
                else
                    Pick(MemoryMarshal.Cast<byte, uint>(line), 8 * place, values, to);
            }
        }
    }

    private static void Pick(ReadOnlySpan<uint> pixels, int shift, ReadOnlySpan<float> values, Span<float> target)
    {
        // A byte is always a place among all levels: no need to check each.
        ref var table = ref MemoryMarshal.GetReference(values[..Levels]);
        pixels = pixels[..target.Length];
        for (var i = 0; i < target.Length; i++) target[i] = Unsafe.Add(ref table, (byte)(pixels[i] >> shift));
    }

    /// <inheritdoc/>
    public bool Equals(ImagePreset? other) =>
        other is not null && Channels == other.Channels && ChannelOrder == other.ChannelOrder && Interpolation == other.Interpolation
        && ResizeSize.SequenceEqual(other.ResizeSize) && CropSize.SequenceEqual(other.CropSize)
        && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Channels, ChannelOrder, Interpolation, ResizeSize.Sum(), CropSize.Sum(), Mean.Sum(), Std.Sum());

    /// <summary>The preset in one line, for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"resize {Sizes(ResizeSize)}, crop {Sizes(CropSize)}, {Interpolation.ToString().ToLowerInvariant()}, mean {Numbers(Mean)}, std {Numbers(Std)}, "
        + $"{(Channels == 1 ? "grey" : ChannelOrder.ToString().ToLowerInvariant())}");

    private static string Sizes(IReadOnlyList<int> sizes) => string.Join('x', sizes);

    private static string Numbers(IReadOnlyList<double> numbers) =>
        string.Join(' ', numbers.Select(number => number.ToString("0.####", CultureInfo.InvariantCulture)));

    // What of an axis is seen, and where in the crop it begins. Both round as torchvision: half to even, and an odd frame's spare
    // line after the image.
    private static (Segment Visible, int Before) Crop(long size, int crop) => crop > size
        ? (new Segment(0, (int)size), (int)(crop - size) / 2)
        : (new Segment((long)Math.Round((size - crop) / 2.0, MidpointRounding.ToEven), crop), 0);

    private (long Height, long Width) Resized(int width, int height)
    {
        if (ResizeSize.Count == 2) return (ResizeSize[0], ResizeSize[1]);

        long shorter = ResizeSize[0];
        return width <= height
            ? ((long)((double)(shorter * height) / width), shorter)
            : (shorter, (long)((double)(shorter * width) / height));
    }

    // A byte has 256 values: what torchvision computes for each pixel is looked up, each step rounded to a float as there.
    private void Normalise(int channel, Span<float> values)
    {
        var (mean, std) = ((float)Mean[channel], (float)Std[channel]);
        for (var value = 0; value < values.Length; value++)
        {
            var scaled = value / 255f;
            values[value] = (scaled - mean) / std;
        }
    }
}
