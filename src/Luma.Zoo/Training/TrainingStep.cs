using Luma.Neural;
using Luma.Neural.Blocks;

namespace Luma.Zoo.Training;

/// <summary>One step of a training: loss, gradients, new weights.</summary>
/// <param name="network">The network, in training mode.</param>
/// <param name="options">How it learns.</param>
/// <param name="loss">What it learns to make small.</param>
/// <param name="optimizer">What changes its weights.</param>
/// <param name="parameters">All that it may change.</param>
internal sealed class TrainingStep(
    NeuralModule network, TrainingOptions options, TrainingLoss loss, optim.Optimizer optimizer, IReadOnlyList<Parameter> parameters)
{
    private readonly double[] rates = [.. optimizer.ParamGroups.Select(group => group.LearningRate)];
    private int pending;
    private long images;

    /// <summary>How many steps were taken.</summary>
    public long Count { get; set; }

    /// <summary>Whether gradients of earlier batches wait for more before a step.</summary>
    public bool IsPending => pending > 0;

    /// <summary>Scales the learning rate of each group for the next step.</summary>
    /// <param name="factor">What their own rates are multiplied by.</param>
    public void SetRate(double factor)
    {
        foreach (var (place, group) in optimizer.ParamGroups.Index()) group.LearningRate = rates[place] * factor;
    }

    /// <summary>Learns from a batch, and takes a step where enough batches have come together.</summary>
    /// <param name="forward">Computes the outputs.</param>
    /// <param name="targets">What they should be.</param>
    /// <param name="isLast">Whether a step is taken in any case.</param>
    /// <returns>The mean loss over the batch before the step.</returns>
    public double Run(Func<AuxiliaryOutput> forward, Tensor targets, bool isLast)
    {
        using var scope = NewDisposeScope();
        if (pending == 0)
        {
            images = 0;
            // Not zero_grad, which fills and then adds: without a gradient the backward pass keeps the one that it makes.
            foreach (var parameter in parameters) parameter.grad = null;
        }

        var output = forward();
        var total = loss.Compute(output.Output, targets);
        foreach (var auxiliary in output.Auxiliaries) total = total.Plus(loss.Compute(auxiliary, targets).Times(options.AuxiliaryWeight));
        var count = targets.size(0);
        images += count;
        (options.Accumulate == 1 ? total : total.Times(count / ImagesOfStep)).backward();
        if (++pending == options.Accumulate || isLast) Step();
        return total.Value();
    }

    /// <summary>Runs the whole network.</summary>
    public AuxiliaryOutput Forward(Tensor inputs) =>
        network is AuxiliaryNetwork { HasAuxiliaries: true } auxiliary ? auxiliary.ForwardWithAuxiliaries(inputs) : new(network.call(inputs), []);

    /// <summary>Takes the step that batches wait for, where the last one of an epoch did not come.</summary>
    public void Finish()
    {
        if (IsPending) Step();
    }

    private double ImagesOfStep => (double)options.BatchSize * options.Accumulate;

    private void Step()
    {
        // All images count alike, also where the last batches are smaller or fewer.
        if (options.Accumulate > 1 && images != (long)ImagesOfStep)
        {
            using var scope = NewDisposeScope();
            using var ungraded = no_grad();
            foreach (var parameter in parameters) parameter.grad?.MultiplyBy(ImagesOfStep / images);
        }
        if (options.ClipNorm is { } norm) nn.utils.clip_grad_norm_(parameters.Where(parameter => parameter.grad is not null), norm);
        optimizer.step();
        pending = 0;
        Count++;
    }
}
