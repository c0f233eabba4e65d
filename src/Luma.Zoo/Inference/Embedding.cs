using System.Globalization;

namespace Luma.Zoo.Inference;

/// <summary>What a network made of an image before its last layer.</summary>
/// <param name="Shape">The shape of the features of one image, such as <c>(2048)</c> or <c>(2048, 7, 7)</c>.</param>
/// <param name="Values">The features, row by row.</param>
public sealed record Embedding(IReadOnlyList<long> Shape, float[] Values)
{
    /// <summary>The shape and the first values, such as <c>(2048): 0.43, 0, 1.2, ...</c>.</summary>
    public override string ToString()
    {
        const int shown = 4;
        var values = string.Join(", ", Values.Take(shown).Select(value => value.ToString("G4", CultureInfo.InvariantCulture)));
        return $"({string.Join(", ", Shape)}): {values}{(Values.Length > shown ? ", ..." : "")}";
    }
}
