using Luma.Zoo.Training;

namespace Luma.Zoo.Tests.Training;

/// <summary>Goes far too fast after some steps.</summary>
internal sealed record Jump(long After) : LearningRateSchedule
{
    public override double FactorAt(long step, long steps) => step <= After ? 1 : 1.5e40;
}

/// <summary>The mean of squared differences.</summary>
internal sealed record Squares : TrainingLoss
{
    public override Tensor Compute(Tensor output, Tensor targets) => nn.functional.mse_loss(output, nn.functional.one_hot(targets, output.size(1)).to(output.dtype));
}

/// <summary>TorchSharp's Adamax, as an optimiser that Luma.Zoo does not know.</summary>
internal sealed record OwnAdamax : Optimizer
{
    public override optim.Optimizer Create(IReadOnlyList<ParameterGroup> groups) =>
        optim.Adamax([.. groups.Select(group => new TorchSharp.Modules.Adamax.ParamGroup(group.Parameters, new TorchSharp.Modules.Adamax.Options { LearningRate = group.LearningRate, InitialLearningRate = group.LearningRate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }))], LearningRate);
}

/// <summary>Descent with momentum by an optimiser that is no <c>OptimizerHelper</c>: nobody can ask it what it remembers.</summary>
internal sealed record Secretive : Optimizer
{
    public override optim.Optimizer Create(IReadOnlyList<ParameterGroup> groups) => new Shell(new Sgd { LearningRate = LearningRate, Momentum = 0.9 }.Create(groups));

    private sealed class Shell(optim.Optimizer inner) : optim.Optimizer(IntPtr.Zero)
    {
        public override IEnumerable<optim.ILearningRateController> ParamGroups => inner.ParamGroups;

        public override Tensor step(Func<Tensor>? closure = null) => inner.step(closure);

        public override IEnumerable<TorchSharp.Modules.Parameter> parameters() => inner.parameters();

        public override void zero_grad() => inner.zero_grad();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
