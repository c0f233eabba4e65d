namespace Luma.Zoo.Export.Onnx;

/// <summary>What was written.</summary>
/// <param name="Path">The model.</param>
/// <param name="DataPath">The file beside it that has the weights; null where the model has them.</param>
/// <param name="Bytes">The size of the model in bytes, with that file.</param>
/// <param name="Tensors">How many tensors of the network are in it.</param>
/// <param name="Nodes">How many ONNX operations it is made of.</param>
/// <param name="IsDynamic">Whether it takes images of other sizes than the one that was given.</param>
public sealed record OnnxExportReport(string Path, string? DataPath, long Bytes, int Tensors, int Nodes, bool IsDynamic);
