namespace Luma.Zoo.Inference;

/// <summary>How a network's outputs become probabilities.</summary>
public enum ClassificationTask
{
    /// <summary>An image shows one class of many: softmax, and the probabilities of an image add up to 1.</summary>
    SingleLabel,

    /// <summary>An image may show several classes at once, or none: a sigmoid of each output by itself.</summary>
    MultiLabel,
}
