namespace Luma.Zoo.Tests.Packages;

/// <summary>
/// A compiler that the builds of these tests share, whatever the user's environment says: most of a small project's compilation is the start of the compiler.
/// It has a name of its own, so that it is nobody else's, and ends with the tests.
/// </summary>
public sealed class CompilerServer : IDisposable
{
    private static readonly string Name = $"luma-tests-{Guid.NewGuid():N}";

    /// <summary>Environment variables that have a build use it.</summary>
    public static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>
    {
        ["UseSharedCompilation"] = "true",
        ["SharedCompilationId"] = Name,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        var (_, compilers, _) = OutsideProject.Start(Repository.Root, "dotnet", "msbuild", Path.Combine("src", "Luma.Neural"), "-getProperty:RoslynTargetsPath", "-nodeReuse:false");
        OutsideProject.Start(Repository.Root, "dotnet", "exec", Path.Combine(compilers.Trim(), "bincore", "VBCSCompiler.dll"), $"-pipename:{Name}", "-shutdown");
    }
}
