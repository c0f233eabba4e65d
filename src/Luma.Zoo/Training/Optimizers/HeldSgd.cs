using Luma.Neural;
using Modules = TorchSharp.Modules;

namespace Luma.Zoo.Training.Optimizers;

/// <summary>TorchSharp's SGD with the same steps, to the bit, but with its numbers held until libtorch has read them: see <see cref="ScalarArithmetic"/>.</summary>
/// <param name="groups">The parameters, in groups with rates and decays of their own.</param>
/// <param name="learningRate">The learning rate of a group without one.</param>
/// <param name="momentum">How much of the last step goes into the next one.</param>
/// <param name="nesterov">Whether the momentum is Nesterov's.</param>
internal sealed class HeldSgd(IEnumerable<Modules.SGD.ParamGroup> groups, double learningRate, double momentum, bool nesterov)
    : Modules.SGD(groups, learningRate, momentum, nesterov: nesterov)
{
    /// <inheritdoc/>
    public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(Step, closure);

    private void Step(ParamGroup group)
    {
        var options = group.Options;
        var (rate, decay, momentum) = (options.LearningRate!.Value, options.weight_decay!.Value, options.momentum!.Value);
        foreach (var parameter in group.Parameters)
        {
            if (parameter.grad is not { } gradient) continue;
            if (decay != 0) gradient = gradient.Plus(parameter, decay);
            if (momentum != 0)
            {
                var state = (State)_state[parameter.Handle];
                if (state.momentum_buffer is null) state.momentum_buffer = gradient.clone().DetachFromDisposeScope();
                else state.momentum_buffer.MultiplyBy(momentum).Increase(gradient);
                gradient = options.nesterov!.Value ? gradient.Plus(state.momentum_buffer, momentum) : state.momentum_buffer;
            }
            parameter.Increase(gradient, -rate);
        }
    }
}
