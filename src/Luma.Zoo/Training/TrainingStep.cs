using Luma.Neural;

namespace Luma.Zoo.Training;

/// <summary>One step of a training: loss, gradients, new weights.</summary>
/// <param name="model">The network, in training mode.</param>
/// <param name="optimizer">What changes its weights.</param>
/// <param name="labelSmoothing">How much of each label's probability is spread over all classes.</param>
internal sealed class TrainingStep(NeuralModule model, Optimizer optimizer, double labelSmoothing) : IDisposable
{
    private readonly Parameter[] parameters = [.. model.parameters().Where(p => p.requires_grad)];
    private readonly optim.Optimizer updates = optimizer.Create(model.parameters().Where(p => p.requires_grad));

    /// <summary>How many steps were taken.</summary>
    public long Count { get; private set; }

    /// <summary>The learning rate of the next step.</summary>
    public double LearningRate
    {
        set
        {
            foreach (var group in updates.ParamGroups) group.LearningRate = value;
        }
    }

    /// <summary>Takes the step. The gradients remain until the next one.</summary>
    /// <param name="batch">What to learn.</param>
    /// <returns>The mean loss over the batch before the step, a scalar without a gradient.</returns>
    public Tensor Run(Batch batch)
    {
        using var scope = NewDisposeScope();
        // Not zero_grad, which fills and then adds: without a gradient the backward pass keeps the one that it makes.
        foreach (var parameter in parameters) parameter.grad = null;

        var output = model.call(batch.Inputs);
        var loss = nn.functional.cross_entropy(output, batch.Labels, label_smoothing: labelSmoothing);
        loss.backward();
        updates.step();
        Count++;
        return loss.detach().MoveToOuterDisposeScope();
    }

    public void Dispose() => updates.Dispose();
}
