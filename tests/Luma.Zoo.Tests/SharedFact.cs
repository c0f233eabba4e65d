namespace Luma.Zoo.Tests;

/// <summary>A test on files that a workplace may have beside the project, and that the project does not contain.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedFactAttribute : FactAttribute
{
    /// <summary>Skips the test where a file is missing.</summary>
    /// <param name="files">Paths below the folder <c>shared</c> beside the project.</param>
    public SharedFactAttribute(params string[] files)
    {
        if (files.FirstOrDefault(file => SharedFiles.Find(file) is null) is { } missing) Skip = $"there is no shared/{missing} beside the project";
    }
}

/// <summary>The files beside the project.</summary>
internal static class SharedFiles
{
    /// <summary>The project's folder; null where the tests were taken out of it.</summary>
    public static string? Project { get; } = FindProject();

    /// <summary>The path of a file below <c>shared</c>, or null.</summary>
    public static string? Find(string file) => Project is not null && Path.GetFullPath(Path.Combine(Project, "..", "shared", file)) is var path && Path.Exists(path) ? path : null;

    private static string? FindProject()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (folder.GetFiles("Luma.Zoo.sln").Length > 0) return folder.FullName;
        }
        return null;
    }
}
