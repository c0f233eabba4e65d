using System.Globalization;
using Xunit.Abstractions;

namespace Luma.Zoo.Tests.Models;

/// <summary>The networks that a test of the whole catalogue takes.</summary>
internal static class Catalogue
{
    // The blocks of resnet_110 and resnet_164 over and over: a minute for nothing new.
    private static readonly string[] Deepest = ["resnet_1001", "resnet_1202"];

    /// <summary>Whether the environment asks for what takes long.</summary>
    public static bool IsWhole => Environment.GetEnvironmentVariable("LUMA_ALL_NETWORKS") is { Length: > 0 };

    /// <summary>Writes by how much a form of a network differs from it: scripts/equality.py makes a table of these lines.</summary>
    public static void Tell(ITestOutputHelper output, string id, string form, double difference) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"difference {id} {form} {difference:e1}"));

    /// <summary>
    /// Those up to a number of parameters, or all of them where the environment has LUMA_ALL_NETWORKS: the largest take more time, and more memory
    /// than a small machine has beside the other tests.
    /// </summary>
    /// <param name="parameters">The most parameters.</param>
    /// <param name="only">Which of them; null for all.</param>
    /// <param name="deepest">Whether networks of a thousand layers are among them.</param>
    public static TheoryData<string> UpTo(long parameters, Func<ModelVariant, bool>? only = null, bool deepest = false)
    {
        var all = IsWhole;
        return [.. ModelZoo.Models.Where(model => (only is null || only(model)) && (all || (model.Parameters <= parameters && (deepest || !Deepest.Contains(model.Id))))).Select(model => model.Id)];
    }
}
