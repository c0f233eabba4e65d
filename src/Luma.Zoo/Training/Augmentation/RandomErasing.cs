using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Overwrites a part of random area and aspect ratio, or leaves the input as it is.</summary>
/// <remarks>torchvision's <c>RandomErasing</c>: Zhong et al., "Random Erasing Data Augmentation" (2017).</remarks>
public sealed record RandomErasing : InputAugmentation
{
    private const int Tries = 10;

    /// <summary>How likely a part is overwritten, from 0 to 1.</summary>
    [JsonPropertyName("p")]
    public double Probability { get; init; } = 0.5;

    /// <summary>How much of the area is overwritten, from 0 to 1.</summary>
    public ValueRange Scale { get; init; } = (0.02, 0.33);

    /// <summary>The aspect ratio of what is overwritten: height by width.</summary>
    public ValueRange Ratio { get; init; } = (0.3, 3.3);

    /// <summary>
    /// What is written: one normalised number, or one a channel; null for numbers with mean 0 and deviation 1. As JSON a number, a list or
    /// <c>"random"</c>.
    /// </summary>
    [JsonConverter(typeof(ErasingValueConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<double>? Value { get; init; } = [0];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input has another number of channels than <see cref="Value"/>, or another type.</exception>
    public override Tensor Apply(Tensor input, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(random);
        var shape = input.shape;
        if (input.dtype != ScalarType.Float32 || shape.Length != 3)
            throw new ArgumentException($"Expected 32-bit floats (C, H, W), got {input.dtype} ({string.Join(", ", shape)}).", nameof(input));
        if (Value is { Count: > 1 } && Value.Count != shape[0])
            throw new ArgumentException($"The value has {Value.Count} numbers and the input {shape[0]} channels.", nameof(input));
        if (!random.Happens(Probability) || Draw(shape, random) is not { } drawn) return input;

        using var scope = NewDisposeScope();
        var erased = input.contiguous().clone();
        var floats = MemoryMarshal.Cast<byte, float>(erased.bytes);
        var (window, noise) = drawn;
        for (var channel = 0; channel < shape[0]; channel++)
        {
            for (var row = 0; row < window.Height; row++)
            {
                var start = (((channel * shape[1]) + window.Top + row) * shape[2]) + window.Left;
                var line = floats.Slice((int)start, window.Width);
                if (noise is null) line.Fill((float)Value![Value.Count == 1 ? 0 : channel]);
                else noise.AsSpan(((channel * window.Height) + row) * window.Width, window.Width).CopyTo(line);
            }
        }
        return erased.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Limits.Probability(Probability, nameof(Probability));
        Scale.Validate(nameof(Scale), 0, 1);
        Ratio.Validate(nameof(Ratio), 0, above: true);
        if (Value is { Count: 0 }) throw new ArgumentException("Expected one number or one a channel, got none.", nameof(Value));
        foreach (var number in Value ?? [])
        {
            if (!float.IsFinite((float)number))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Expected finite numbers, got {number}."), nameof(Value));
        }
    }

    /// <inheritdoc/>
    internal override string? ProblemWith(long channels) => Value is { Count: > 1 } && Value.Count != channels
        ? $"random_erasing: value: expected one number or one for each channel of the network's input, {channels}, got {Value.Count}."
        : null;

    /// <inheritdoc/>
    public bool Equals(RandomErasing? other) =>
        other is not null && Probability.Equals(other.Probability) && Scale == other.Scale && Ratio == other.Ratio
        && (Value is null ? other.Value is null : other.Value is not null && Value.SequenceEqual(other.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Probability, Scale, Ratio, Value?.Count, Value?.Sum());

    /// <summary>Draws what is overwritten, and with which noise, if with noise; null where no part of that shape fits.</summary>
    internal (Window Window, float[]? Noise)? Draw(long[] shape, SampleRandom random)
    {
        var (channels, height, width) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        for (var i = 0; i < Tries; i++)
        {
            var area = (double)height * width * Scale.Draw(random);
            var ratio = Ratio.DrawFactor(random);
            var h = Math.Round(Math.Sqrt(area * ratio));
            var w = Math.Round(Math.Sqrt(area / ratio));
            if (!(h < height && w < width)) continue;

            float[]? noise = null;
            if (Value is null)
            {
                noise = new float[channels * (int)h * (int)w];
                foreach (ref var number in noise.AsSpan()) number = (float)random.NextNormal();
            }
            var top = random.Next(height - (int)h + 1);
            return (new Window(random.Next(width - (int)w + 1), top, (int)w, (int)h), noise);
        }
        return null;
    }
}
