using System.Text.Json.Nodes;

namespace Luma.Zoo.Training;

/// <summary>Says in words how two recipes differ.</summary>
internal static class RecipeDifference
{
    private const int MostShown = 4;

    /// <summary>Names what differs.</summary>
    /// <param name="then">One recipe as text.</param>
    /// <param name="now">The other.</param>
    public static string Between(string then, string now)
    {
        try
        {
            if (JsonNode.Parse(then) is JsonObject old && JsonNode.Parse(now) is JsonObject other)
            {
                var names = old.Select(member => member.Key).Union(other.Select(member => member.Key)).Where(name => !JsonNode.DeepEquals(old[name], other[name])).ToList();
                return string.Join(", ", names.Take(MostShown).Select(name => $"{name} was {Text(old[name])} and is {Text(other[name])}"))
                    + (names.Count > MostShown ? $", and {names.Count - MostShown} more" : "");
            }
        }
        catch (System.Text.Json.JsonException)
        {
        }
        return "it has parts that are not from Luma.Zoo";
    }

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "not set";
}
