using System.Globalization;

namespace Luma.Neural;

/// <summary>Shapes as people write them.</summary>
internal static class Shapes
{
    private static readonly string[] Axes = ["D", "H", "W"];

    /// <summary>The shape of a batch: <c>(N, 3, H, W)</c>, or <c>(N, C, H, W)</c> where the channels do not matter.</summary>
    public static string Batch(long? channels, int rank) =>
        $"(N, {channels?.ToString(CultureInfo.InvariantCulture) ?? "C"}{string.Concat(Axes[^rank..].Select(axis => ", " + axis))})";
}
