using System.Globalization;

namespace Luma.Neural.Layers;

/// <summary>Shapes as people write them, and whether a tensor has one.</summary>
internal static class Shapes
{
    private static readonly string[] Axes = ["D", "H", "W"];

    /// <summary>
    /// The shape of a batch: <c>(N, 3, H, W)</c>, or <c>(N, C, H, W)</c> where the channels do not matter. An axis that has a least
    /// size above 1 says so: <c>(N, 3, H >= 7, W >= 7)</c>.
    /// </summary>
    public static string Batch(long? channels, int rank, long[]? least = null)
    {
        var axes = Axes[^rank..].Select((axis, at) => least is not null && least[at] > 1 ? $"{axis} >= {least[at]}" : axis);
        return $"(N, {channels?.ToString(CultureInfo.InvariantCulture) ?? "C"}, {string.Join(", ", axes)})";
    }

    /// <summary>Whether a batch has as many spatial axes as there are least sizes, and none is smaller.</summary>
    public static bool IsBatch(Tensor input, long[] least)
    {
        if (input.Dimensions != least.Length + 2) return false;
        for (var axis = 0; axis < least.Length; axis++)
        {
            if (input.size(axis + 2) < least[axis]) return false;
        }
        return true;
    }
}
