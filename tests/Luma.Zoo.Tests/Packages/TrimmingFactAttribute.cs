namespace Luma.Zoo.Tests.Packages;

/// <summary>A test that publishes a trimmed program. The runtime and the linker are packages, too large to fetch for a test: where they are not, it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TrimmingFactAttribute : FactAttribute
{
    /// <summary>Skips the test where a package is missing.</summary>
    public TrimmingFactAttribute()
    {
        string[] needed = ["microsoft.net.illink.tasks", $"microsoft.netcore.app.runtime.{OutsideProject.Platform}"];
        var missing = needed.FirstOrDefault(name => !Repository.ReadPackageFolders().Any(folder => Directory.Exists(Path.Combine(folder, name, $"{Environment.Version}"))));
        if (missing is not null) Skip = $"the package {missing} {Environment.Version} was not restored here yet: publish a program with PublishTrimmed once";
    }
}
