namespace Luma.Zoo.Inference;

/// <summary>Which number a prediction bears.</summary>
public enum ScoreKind
{
    /// <summary>A probability: the softmax of the network's outputs, or the sigmoid of each, as <see cref="Classifier.Task"/> says.</summary>
    Probabilities,

    /// <summary>The network's output, divided by the temperature.</summary>
    Logits,
}
