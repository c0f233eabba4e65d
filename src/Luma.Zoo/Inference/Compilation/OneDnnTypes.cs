using Luma.Neural.Native;
using Luma.Zoo.Export.TorchScript;
using Luma.Zoo.Files;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>Which types oneDNN computes in on this processor.</summary>
internal static class OneDnnTypes
{
    private const string Method = "computes_in_bfloat16";

    // Of a processor that does not change.
    private static readonly Lazy<bool> bfloat16 = new(Ask);

    /// <summary>Refuses a type that this processor cannot compute in.</summary>
    /// <exception cref="NotSupportedException">It cannot.</exception>
    public static void Require(ScalarType type)
    {
        if (!Include(type))
            throw new NotSupportedException("This processor cannot compute in bfloat16: oneDNN needs one with AVX-512 (BW, VL and DQ) or AVX-NE-CONVERT. Compile for float32.");
    }

    /// <summary>Whether this processor can compute in a type.</summary>
    public static bool Include(ScalarType type) => type != ScalarType.BFloat16 || bfloat16.Value;

    // libtorch knows, and TorchSharp has no function that asks it.
    private static bool Ask()
    {
        NativeLibraries.EnsureLoaded();
        using var none = StateDict.Of([]);
        var method = $"  def {Method}(self: {TorchScriptArchive.Type}) -> bool:\n    return ops.mkldnn._is_mkldnn_bf16_supported()\n";
        using var module = ScratchFile.Pass(
            stream => new TorchScriptArchive(none, _ => ScriptAttribute.Plain, none, method).Write(new WeightOutput(stream, progress: null, CancellationToken.None)),
            path => jit.load(path));
        return module.invoke(Method) is true;
    }
}
