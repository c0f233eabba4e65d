using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Luma.Neural.Native;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli.Commands;

/// <summary>The shape of an input, as it is written on the command line.</summary>
/// <param name="Sizes">Its sizes, batch first.</param>
// Not an array: an option of that type takes several values.
internal sealed record Shape(long[] Sizes)
{
    /// <summary>One image of the size that a network was made for, or that its weights are for.</summary>
    public static Shape OneImage(ModelReference model)
    {
        if (model.Source.Folder is { } folder) return new([1, .. folder.Manifest.Preset.GetInputShape()]);

        var (channels, height, width) = model.Variant.InputShape;
        var published = model.Weights is null ? null : ModelZoo.FindWeights(model.Variant.Id, model.Weights);
        return model.Variant.KeyMap.Fit(new ModelOptions(), weights: null, published).ImageSize is { } side
            ? new([1, channels, side, side])
            : new([1, channels, height, width]);
    }

    /// <summary>Reads <c>1,3,224,224</c> or <c>1x3x224x224</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Shape? shape)
    {
        shape = null;
        var parts = text.Split(',', 'x');
        var sizes = new long[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]) || sizes[i] == 0) return false;
        }
        shape = new(sizes);
        return true;
    }

    /// <summary>Draws the input uniformly from [0, 1), as <c>torch.rand</c> does.</summary>
    public static Tensor Draw(long[] sizes)
    {
        MemoryGuard.Ensure(sizes.Aggregate((double)sizeof(float), (product, size) => product * size), $"an input of ({string.Join(", ", sizes)})");
        // TorchSharp's rand answers with an uninitialised pointer where libtorch refuses; its empty throws.
        return empty(sizes).uniform_(0, 1);
    }

    /// <summary>Runs a network; that it cannot take the input's shape is the user's mistake, not the program's.</summary>
    public static T Try<T>(ModelVariant variant, IReadOnlyList<long> sizes, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception exception) when (exception is ArgumentException or ExternalException && OutOfMemory.Describe(exception) is null)
        {
            // libtorch adds where in its sources the error arose, on lines of their own.
            throw new UsageException($"{variant.Id} cannot take an input of ({string.Join(", ", sizes)}): {exception.Message.Split('\n')[0].Split(" (Parameter ")[0].TrimEnd()}");
        }
    }
}
