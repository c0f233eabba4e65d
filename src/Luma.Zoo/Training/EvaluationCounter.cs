using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>Adds up what an <see cref="Evaluation"/> says, batch by batch.</summary>
internal abstract class EvaluationCounter(IDataset data, int mostMistakes)
{
    private readonly PriorityQueue<(int Index, string Label, string Predicted, double Probability), double> mistakes = new();

    protected IDataset Data => data;

    protected double TotalLoss { get; set; }

    /// <summary>How many images were counted.</summary>
    public int Count { get; protected set; }

    protected int Correct { get; set; }

    /// <summary>Counts a batch.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="logits">The network's outputs on the CPU, <c>(N, K)</c>.</param>
    public abstract void Add(Batch batch, Tensor logits);

    /// <summary>What was measured.</summary>
    public abstract Evaluation Finish();

    protected void AddMistake(int index, string label, string predicted, double probability)
    {
        mistakes.Enqueue((index, label, predicted, probability), probability);
        if (mistakes.Count > mostMistakes) mistakes.Dequeue();
    }

    protected IReadOnlyList<Mistake> Mistakes() =>
    [
        .. mistakes.UnorderedItems.Select(item => item.Element).OrderByDescending(item => item.Probability).ThenBy(item => item.Index)
            .Select(item => new Mistake(item.Index, data.Get(item.Index).Image.Name ?? $"image {item.Index}", item.Label, item.Predicted, item.Probability)),
    ];
}
