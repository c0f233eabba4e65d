using System.Runtime.InteropServices;
using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>Makes images into a network's input: reads, decodes and preprocesses, within what may be in memory at a time.</summary>
/// <param name="preset">What makes an image into the input; valid.</param>
/// <param name="decoding">How large an image may be.</param>
internal sealed class InputWriter(ImagePreset preset, DecodeOptions decoding)
{
    private readonly DecodeBudget budget = DecodeBudget.For(decoding);

    /// <summary>The shape of one image's input, <c>[C, H, W]</c>.</summary>
    public long[] Shape { get; } = preset.GetInputShape();

    /// <summary>The bytes of one image's input.</summary>
    public long Bytes => Shape.Aggregate((long)sizeof(float), (product, size) => product * size);

    /// <summary>Makes the input of one image.</summary>
    /// <returns><c>(C, H, W)</c> on the CPU.</returns>
    /// <exception cref="ImageException">The image cannot be used.</exception>
    public Tensor Read(ImageSource source)
    {
        var tensor = empty(Shape, ScalarType.Float32);
        try
        {
            Write(source, MemoryMarshal.Cast<byte, float>(tensor.bytes));
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Writes the input of one image where a batch wants it.</summary>
    /// <exception cref="ImageException">The image cannot be used.</exception>
    public void Write(ImageSource source, Span<float> floats)
    {
        if (source.Input is { } input)
        {
            Copy(input, source.Name, floats);
            return;
        }

        // A span cannot be captured; its address can, and what it lies in stays where it is: a tensor's memory.
        unsafe
        {
            fixed (float* start = floats)
            {
                var (address, length) = ((nint)start, floats.Length);
                ImageDecoder.UseArea(
                    source, decoding, budget, preset.Needed,
                    pixels =>
                    {
                        preset.Write(pixels, new Span<float>((void*)address, length));
                        return true;
                    },
                    preset.Reduction);
            }
        }
    }

    /// <inheritdoc cref="DecodeBudget.Pause"/>
    public DecodeBudget.Room.Share Pause(Device device) => budget.Pause(device);

    private void Copy(Tensor input, string? name, Span<float> floats)
    {
        if (input.IsInvalid) throw new ImageException(name, "the tensor has been disposed of");
        if (!input.shape.SequenceEqual(Shape))
            throw new ImageException(name, $"the tensor is ({string.Join(", ", input.shape)}), but the network's input ({string.Join(", ", Shape)})");

        using var scope = NewDisposeScope();
        MemoryMarshal.Cast<byte, float>(input.detach().to(ScalarType.Float32).cpu().contiguous().bytes).CopyTo(floats);
    }
}
