using Luma.Neural;
using Modules = TorchSharp.Modules;

namespace Luma.Zoo.Training.Optimizers;

/// <summary>TorchSharp's RMSprop with the same steps, to the bit, but with its numbers held until libtorch has read them: see <see cref="ScalarArithmetic"/>.</summary>
/// <param name="groups">The parameters, in groups with rates and decays of their own.</param>
/// <param name="learningRate">The learning rate of a group without one.</param>
/// <param name="alpha">The decay of the mean of the squares of the gradients.</param>
/// <param name="epsilon">What keeps the division from zero.</param>
/// <param name="momentum">How much of the last step goes into the next one.</param>
internal sealed class HeldRmsProp(IEnumerable<Modules.RMSProp.ParamGroup> groups, double learningRate, double alpha, double epsilon, double momentum)
    : Modules.RMSProp(groups, learningRate, alpha, epsilon, momentum: momentum)
{
    /// <inheritdoc/>
    public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(Step, closure);

    private void Step(ParamGroup group)
    {
        var options = group.Options;
        var (rate, decay, momentum) = (options.LearningRate!.Value, options.weight_decay!.Value, options.momentum!.Value);
        var (alpha, epsilon) = (options.alpha!.Value, options.eps!.Value);
        foreach (var parameter in group.Parameters)
        {
            if (parameter.grad is not { } gradient) continue;
            var state = (State)_state[parameter.Handle];
            state.step++;
            if (decay != 0) gradient = gradient.Plus(parameter, decay);
            state.square_avg.MultiplyBy(alpha).IncreaseByProduct(gradient, gradient, 1 - alpha);
            var root = state.square_avg.sqrt().Increase(epsilon);
            if (momentum > 0) parameter.Increase(state.momentum_buffer.MultiplyBy(momentum).IncreaseByQuotient(gradient, root, 1), -rate);
            else parameter.IncreaseByQuotient(gradient, root, -rate);
        }
    }
}
