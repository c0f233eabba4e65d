using System.Globalization;
using Luma.Neural;
using Luma.Neural.Operations;
using Luma.Zoo.Export.Onnx;
using Luma.Zoo.Files;
using Luma.Zoo.Inference.Compilation;
using Microsoft.ML.OnnxRuntime;

namespace Luma.Zoo.OnnxRuntime;

/// <summary>A network in ONNX Runtime: a session for all sizes of images, or one for each where the network computes differently.</summary>
internal sealed class OnnxRuntimeProgram : IInferenceProgram
{
    private readonly NeuralModule network;
    private readonly OnnxRuntimeEngine engine;
    private readonly ProgramCache<Integers, Session> sessions;
    private Session? forAllSizes;

    public OnnxRuntimeProgram(NeuralModule network, OnnxRuntimeEngine engine)
    {
        (this.network, this.engine) = (network, engine);
        sessions = new(this, (imageShape, _) => Compile(imageShape));
    }

    public ScalarType Type => ScalarType.Float32;

    public Tensor Run(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Dimensions < 2) throw new InputShapeException($"Expected images, (N, C, H, W), got ({string.Join(", ", input.shape)}).");
        return sessions.Use([.. input.shape.Skip(1)], session =>
        {
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            return session.Run(input.to(ScalarType.Float32, CPU).contiguous()).MoveToOuterDisposeScope();
        });
    }

    // A session takes any number of images.
    public void CompileFor(IReadOnlyList<long> imageShape, long batch = 1)
    {
        ArgumentNullException.ThrowIfNull(imageShape);
        sessions.Use([.. imageShape], session => session);
    }

    public void Dispose() => sessions.Dispose();

    private Session Compile(Integers imageShape)
    {
        if (forAllSizes is { } known && known.Channels == imageShape[0]) return known;

        try
        {
            using var folder = new ScratchFolder();
            var path = folder["model.onnx"];
            var report = network.ExportOnnx(path, new() { InputShape = [.. imageShape], FoldBatchNorm = true, Type = ScalarType.Float32 });
            var session = new Session(path, imageShape[0], engine);
            if (report.IsDynamic) forAllSizes = session;
            return session;
        }
        catch (ObjectDisposedException error)
        {
            throw new InvalidOperationException(
                $"The network was disposed of before images of the size ({string.Join(", ", imageShape)}) came, for which it was not compiled.", error);
        }
    }

    private sealed class Session : IDisposable
    {
        private readonly InferenceSession session;
        private readonly RunOptions options = new();

        public Session(string path, long channels, OnnxRuntimeEngine engine)
        {
            _ = QuietRuntime.Instance;
            using var settings = new SessionOptions
            {
                IntraOpNumThreads = engine.Threads ?? get_num_threads(),
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            };
            settings.AddSessionConfigEntry("session.intra_op.allow_spinning", engine.SpinMicroseconds > 0 ? "1" : "0");
            if (engine.SpinMicroseconds > 0) settings.AddSessionConfigEntry("session.intra_op.spin_duration_us", engine.SpinMicroseconds.ToString(CultureInfo.InvariantCulture));
            try
            {
                (session, Channels) = (new(path, settings), channels);
            }
            catch (OnnxRuntimeException error)
            {
                throw new NotSupportedException($"ONNX Runtime cannot run the network: {error.Message.ReplaceLineEndings(" ")}", error);
            }
        }

        public long Channels { get; }

        public unsafe Tensor Run(Tensor input)
        {
            fixed (byte* start = input.bytes)
            {
                using var images = OrtValue.CreateTensorValueWithData(
                    OrtMemoryInfo.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, input.shape, (nint)start, input.NumberOfElements * sizeof(float));
                try
                {
                    using var outputs = session.Run(options, session.InputNames, [images], session.OutputNames);
                    var output = empty(outputs[0].GetTensorTypeAndShape().Shape, ScalarType.Float32);
                    outputs[0].GetTensorDataAsSpan<byte>().CopyTo(output.bytes);
                    return output;
                }
                catch (OnnxRuntimeException error)
                {
                    throw new InputShapeException($"The network does not take images of ({string.Join(", ", input.shape)}): {error.Message.ReplaceLineEndings(" ")}");
                }
            }
        }

        public void Dispose()
        {
            session.Dispose();
            options.Dispose();
        }
    }
}
