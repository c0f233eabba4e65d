namespace Luma.Zoo.Tests;

/// <summary>A test of what only Linux has.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = Platforms.OtherThanLinux;
}

/// <summary>Tests of what only Linux has.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = Platforms.OtherThanLinux;
}

/// <summary>A test of what Windows does not have.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = Platforms.Windows;
}

/// <summary>Tests of what Windows does not have.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixTheoryAttribute : TheoryAttribute
{
    public UnixTheoryAttribute() => Skip = Platforms.Windows;
}

/// <summary>Why tests are skipped on a platform; null where they are not.</summary>
internal static class Platforms
{
    public static string? OtherThanLinux => OperatingSystem.IsLinux() ? null : "only Linux has this";

    public static string? Windows => OperatingSystem.IsWindows() ? "Windows does not have this" : null;
}
