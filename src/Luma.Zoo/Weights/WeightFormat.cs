namespace Luma.Zoo.Weights;

/// <summary>The formats of weight files.</summary>
public enum WeightFormat
{
    /// <summary>What <c>torch.save</c> writes since PyTorch 1.6: a ZIP archive of a pickle and one record per storage.</summary>
    TorchZip,

    /// <summary>What <c>torch.save</c> wrote before: pickles, then the storages. Read, not written.</summary>
    TorchLegacy,

    /// <summary>Hugging Face's format: a JSON header, then the tensors.</summary>
    Safetensors,

    /// <summary>What TorchSharp's <c>Module.save</c> writes, mostly under <c>.dat</c>. Read, not written.</summary>
    TorchSharp,

    /// <summary>An ONNX model, whose initialisers are the tensors. Read, not written.</summary>
    Onnx,
}
