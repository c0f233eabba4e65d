using Onnx;

namespace Luma.Zoo.Export.Onnx;

/// <summary>A tensor of the network in a model: what ONNX says of it, and its values, which are written last.</summary>
/// <param name="Proto">What ONNX says of it.</param>
/// <param name="Values">Its values: on the CPU, contiguous, of the type that is written.</param>
internal sealed record OnnxTensor(TensorProto Proto, Tensor Values)
{
    /// <summary>How many bytes its values have.</summary>
    public long ByteCount => Values.NumberOfElements * Values.ElementSize;
}
