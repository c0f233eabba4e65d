using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Luma.Zoo.OnnxRuntime;

/// <summary>
/// ONNX Runtime without its telemetry: Microsoft's builds tell Microsoft what is run, unless an environment variable says otherwise before
/// they begin. Whoever runs networks here has not asked for that.
/// </summary>
internal static partial class QuietRuntime
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<OrtEnv> Environment = new(() =>
    {
        // .NET's own variables are a copy there, which native code does not see. What the user has set stays.
        if (!OperatingSystem.IsWindows()) SetVariable(Variable, "1", overwrite: 0);
        else if (System.Environment.GetEnvironmentVariable(Variable) is null) System.Environment.SetEnvironmentVariable(Variable, "1");
        var environment = OrtEnv.Instance();
        // The variable is read before, and this turns off what older builds have.
        environment.DisableTelemetryEvents();
        return environment;
    });

    /// <summary>ONNX Runtime's environment. Nothing else of ONNX Runtime is made before it.</summary>
    public static OrtEnv Instance => Environment.Value;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
