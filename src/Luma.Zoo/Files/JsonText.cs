using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Luma.Zoo.Files;

/// <summary>JSON as people's editors and shells write it.</summary>
internal static class JsonText
{
    /// <summary>The text in UTF-8: without a mark of its encoding, and not in UTF-16, which a shell of Windows writes.</summary>
    /// <param name="bytes">What a file has.</param>
    public static ReadOnlySpan<byte> ToUtf8(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, .. var rest] => rest,
        [0xFF, 0xFE, .. var rest] => Encoding.UTF8.GetBytes(Encoding.Unicode.GetString(rest)),
        [0xFE, 0xFF, .. var rest] => Encoding.UTF8.GetBytes(Encoding.BigEndianUnicode.GetString(rest)),
        _ => bytes,
    };

    /// <summary>What is wrong with a text, without a full stop: the line as people count it, the member, and the problem.</summary>
    /// <param name="error">What was thrown while it was read.</param>
    public static string Describe(Exception error)
    {
        var problem = error.Message.Split(" (Parameter ")[0].ReplaceLineEndings(" ");
        if (problem.StartsWith("The input does not contain any JSON tokens", StringComparison.Ordinal)) return "it is empty";
        if (error is not JsonException { LineNumber: { } line } json) return problem.TrimEnd('.');

        // .NET's own message ends in places that are counted from 0, and has advice for programmers.
        foreach (var end in (string[])[" Path: $", " LineNumber: ", " Change the reader options"]) problem = problem.Split(end)[0];
        var member = json.Path is ['$', '.', .. var name] ? $", {name}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"line {line + 1}{member}: {WithoutTypes(problem.TrimEnd('.'))}");
    }

    // What .NET says of its own types and constructors tells nobody else what the member should be.
    private static string WithoutTypes(string problem)
    {
        const string Kind = "The JSON value could not be converted to ";
        if (problem.StartsWith("The constructor parameter ", StringComparison.Ordinal) || problem.StartsWith("The property or field ", StringComparison.Ordinal)) return "null is no value for it";
        if (!problem.StartsWith(Kind, StringComparison.Ordinal)) return problem;

        var type = problem[Kind.Length..];
        var number = type.Contains("Int32", StringComparison.Ordinal) || type.Contains("Int64", StringComparison.Ordinal) ? "whole number"
            : type.Contains("Single", StringComparison.Ordinal) || type.Contains("Double", StringComparison.Ordinal) ? "number" : null;
        return type switch
        {
            _ when type.Contains("Dictionary", StringComparison.Ordinal) => "expected an object",
            _ when type.Contains("List", StringComparison.Ordinal) || type.Contains("[]", StringComparison.Ordinal) =>
                $"expected a list{(number is not null ? $" of {number}s" : type.Contains("String", StringComparison.Ordinal) ? " of texts" : "")}",
            _ when number is not null => $"expected a {number}",
            _ when type.Contains("String", StringComparison.Ordinal) => "expected text",
            _ when type.Contains("Boolean", StringComparison.Ordinal) => "expected true or false",
            _ => "this is no value for it",
        };
    }
}
