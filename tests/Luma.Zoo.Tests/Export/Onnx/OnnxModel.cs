using Microsoft.ML.OnnxRuntime;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>A model in ONNX Runtime.</summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession session;

    public OnnxModel(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 2, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        // The threads of tests that run beside this one have better things to do than to wait for ours.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        session = new(path, options);
    }

    public ModelMetadata Metadata => session.ModelMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => session.OutputMetadata;

    /// <summary>Runs it on 32-bit floats.</summary>
    public float[] Run(Tensor input) => Run(input.contiguous().data<float>().ToArray(), input.shape);

    /// <summary>Runs it on floats or bytes.</summary>
    public float[] Run<T>(T[] values, long[] shape) where T : unmanaged
    {
        using var input = OrtValue.CreateTensorValueFromMemory(values, shape);
        using var options = new RunOptions();
        using var outputs = session.Run(options, [session.InputNames[0]], [input], [session.OutputNames[0]]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose() => session.Dispose();
}
