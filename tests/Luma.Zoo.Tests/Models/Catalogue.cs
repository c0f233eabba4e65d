namespace Luma.Zoo.Tests.Models;

/// <summary>The networks that a test of the whole catalogue takes.</summary>
internal static class Catalogue
{
    /// <summary>
    /// Those up to a number of parameters, or all of them where the environment has LUMA_ALL_NETWORKS: the largest take more memory than a small
    /// machine has beside the other tests.
    /// </summary>
    public static TheoryData<string> UpTo(long parameters)
    {
        var all = Environment.GetEnvironmentVariable("LUMA_ALL_NETWORKS") is { Length: > 0 };
        return [.. ModelZoo.Models.Where(model => all || model.Parameters <= parameters).Select(model => model.Id)];
    }
}
