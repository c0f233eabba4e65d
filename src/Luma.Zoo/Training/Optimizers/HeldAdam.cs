using Luma.Neural;
using Modules = TorchSharp.Modules;

namespace Luma.Zoo.Training.Optimizers;

/// <summary>TorchSharp's Adam with the same steps, to the bit, but with its numbers held until libtorch has read them: see <see cref="ScalarArithmetic"/>.</summary>
/// <param name="groups">The parameters, in groups with rates and decays of their own.</param>
/// <param name="learningRate">The learning rate of a group without one.</param>
/// <param name="beta1">The decay of the mean of the gradients.</param>
/// <param name="beta2">The decay of the mean of their squares.</param>
/// <param name="epsilon">What keeps the division from zero.</param>
internal sealed class HeldAdam(IEnumerable<Modules.Adam.ParamGroup> groups, double learningRate, double beta1, double beta2, double epsilon)
    : Modules.Adam(groups, learningRate, beta1, beta2, epsilon)
{
    /// <inheritdoc/>
    public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(Step, closure);

    private void Step(ParamGroup group)
    {
        var options = group.Options;
        var (rate, decay) = (options.LearningRate!.Value, options.weight_decay!.Value);
        var (beta1, beta2, epsilon) = (options.beta1!.Value, options.beta2!.Value, options.eps!.Value);
        foreach (var parameter in group.Parameters)
        {
            if (parameter.grad is not { } gradient) continue;
            var state = (State)_state[parameter.Handle];
            state.step++;
            if (decay != 0) gradient = gradient.Plus(parameter, decay);
            AdamStep.Take(parameter, gradient, state.exp_avg, state.exp_avg_sq, state.step, rate, beta1, beta2, epsilon);
        }
    }
}
