using System.Globalization;

namespace Luma.Zoo.Export.TorchScript;

/// <summary>Values as TorchScript writes them.</summary>
internal static class ScriptText
{
    public static string Text(bool value) => value ? "True" : "False";

    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A floating-point number, which always looks like one.</summary>
    public static string Text(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : $"{text}.0";
    }

    public static string Text(IEnumerable<long> values) => $"[{string.Join(", ", values.Select(Text))}]";

    /// <summary>A text in quotes. Names of operations and modes need no escapes.</summary>
    public static string Quoted(string text) => $"\"{text}\"";
}
