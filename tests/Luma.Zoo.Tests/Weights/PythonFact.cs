using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Luma.Zoo.Tests.Weights;

/// <summary>A test that needs a Python with certain modules; the environment variable LUMA_PYTHON names one other than the usual.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute(params string[] modules)
    {
        if (Python.With(modules) is null) Skip = $"no Python here has {string.Join(" and ", modules)}";
    }
}

/// <summary>The same for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute(params string[] modules)
    {
        if (Python.With(modules) is null) Skip = $"no Python here has {string.Join(" and ", modules)}";
    }
}

/// <summary>The Pythons of this machine.</summary>
public static class Python
{
    private static readonly string[] Programs =
        Environment.GetEnvironmentVariable("LUMA_PYTHON") is { } program ? [program] : ["python3", "/usr/bin/python3"];

    // Importing takes seconds, and the answer stays the same.
    private static readonly ConcurrentDictionary<string, string?> Found = new();

    /// <summary>The first that has the modules, or null.</summary>
    public static string? With(params string[] modules) => Found.GetOrAdd(
        string.Join(", ", modules), names => Programs.FirstOrDefault(program => Run(program, $"import {names}").ExitCode == 0));

    public static (int ExitCode, string Output, string Error) Run(string program, string code, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["-c", code, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (Win32Exception error)
        {
            return (-1, "", error.Message);
        }
    }
}
