using System.Text.Json.Serialization;
using Luma.Zoo.Training.Optimizers;
using Modules = TorchSharp.Modules;

namespace Luma.Zoo.Training;

/// <summary>How gradients become new weights.</summary>
/// <remarks>
/// Derive from it for an optimiser of your own. Checkpoints have what it remembers of a parameter where that is an <c>OptimizerState</c> of an
/// <c>OptimizerHelper</c>, as with all of TorchSharp's, and where its <c>SaveStateDict</c> writes it. Otherwise it begins anew when a training goes
/// on, and a warning says so.
/// </remarks>
[JsonConverter(typeof(OptimizerKinds))]
public abstract record Optimizer
{
    /// <summary>The learning rate that a <see cref="LearningRateSchedule"/> scales.</summary>
    public double LearningRate { get; init; }

    /// <summary>How strongly weights are drawn towards zero: PyTorch's <c>weight_decay</c>.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Makes the optimiser.</summary>
    /// <param name="groups">The parameters, in groups with learning rates and weight decays of their own.</param>
    /// <returns>The optimiser, whose <c>ParamGroups</c> are these groups in this order.</returns>
    public abstract optim.Optimizer Create(IReadOnlyList<ParameterGroup> groups);

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the exception names it.</exception>
    public virtual void Validate()
    {
        // Weights are 32-bit floats, which larger numbers do not fit.
        if (!(LearningRate > 0 && LearningRate <= float.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(LearningRate), LearningRate, "The learning rate must be above 0, and a number that fits 32-bit floats.");
        if (!(WeightDecay >= 0 && WeightDecay <= float.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(WeightDecay), WeightDecay, "The weight decay must not be below 0, and a number that fits 32-bit floats.");
    }

    private protected static void CheckFraction(double value, string name)
    {
        if (!(value is >= 0 and < 1)) throw new ArgumentOutOfRangeException(name, value, $"{name} must be from 0 to below 1.");
    }

    // As a 32-bit float too: with 0 there a gradient of 0 gives NaN.
    private protected static void CheckDivisor(double value, string name)
    {
        if (!((float)value > 0 && value <= float.MaxValue)) throw new ArgumentOutOfRangeException(name, value, $"{name} must be above 0, and a number that fits 32-bit floats.");
    }

    /// <summary>Stochastic gradient descent, as <c>torch.optim.SGD</c>.</summary>
    public sealed record Sgd : Optimizer
    {
        /// <summary>Makes plain descent with a learning rate of 0.01.</summary>
        public Sgd() => LearningRate = 0.01;

        /// <summary>How much of the last step goes into the next one.</summary>
        public double Momentum { get; init; }

        /// <summary>Whether the momentum is Nesterov's.</summary>
        public bool Nesterov { get; init; }

        /// <inheritdoc/>
        public override optim.Optimizer Create(IReadOnlyList<ParameterGroup> groups) =>
            new HeldSgd(
                groups.Select(group => new Modules.SGD.ParamGroup(group.Parameters, group.LearningRate, Momentum, weight_decay: group.WeightDecay, nesterov: Nesterov)),
                LearningRate, Momentum, Nesterov);

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            CheckFraction(Momentum, nameof(Momentum));
            if (Nesterov && Momentum == 0)
                throw new ArgumentOutOfRangeException(nameof(Momentum), Momentum, "Nesterov's method needs a momentum above 0.");
        }
    }

    /// <summary>
    /// Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1, as <c>torch.optim.Adam</c>; with
    /// <see cref="Decoupled"/> weight decay, Loshchilov and Hutter's AdamW (2019), as <c>torch.optim.AdamW</c>.
    /// </summary>
    public sealed record Adam : Optimizer
    {
        /// <summary>Makes the paper's Adam, with a learning rate of 0.001.</summary>
        public Adam() => LearningRate = 0.001;

        /// <summary>The decay of the mean of the gradients.</summary>
        public double Beta1 { get; init; } = 0.9;

        /// <summary>The decay of the mean of their squares.</summary>
        public double Beta2 { get; init; } = 0.999;

        /// <summary>What keeps the division from zero.</summary>
        public double Epsilon { get; init; } = 1e-8;

        /// <summary>Whether weight decay acts on the weights themselves and not through the gradients.</summary>
        public bool Decoupled { get; init; }

        /// <inheritdoc/>
        public override optim.Optimizer Create(IReadOnlyList<ParameterGroup> groups) => Decoupled
            ? new HeldAdamW(
                groups.Select(group => new Modules.AdamW.ParamGroup(group.Parameters, group.LearningRate, Beta1, Beta2, Epsilon, group.WeightDecay)),
                LearningRate, Beta1, Beta2, Epsilon)
            : new HeldAdam(
                groups.Select(group => new Modules.Adam.ParamGroup(group.Parameters, group.LearningRate, Beta1, Beta2, Epsilon, group.WeightDecay)),
                LearningRate, Beta1, Beta2, Epsilon);

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            CheckFraction(Beta1, nameof(Beta1));
            CheckFraction(Beta2, nameof(Beta2));
            CheckDivisor(Epsilon, nameof(Epsilon));
        }
    }

    /// <summary>Hinton's division of the gradient by a running root mean square, as <c>torch.optim.RMSprop</c>.</summary>
    public sealed record RmsProp : Optimizer
    {
        /// <summary>Makes PyTorch's, with a learning rate of 0.01.</summary>
        public RmsProp() => LearningRate = 0.01;

        /// <summary>The decay of the mean of the squares of the gradients.</summary>
        public double Alpha { get; init; } = 0.99;

        /// <summary>What keeps the division from zero.</summary>
        public double Epsilon { get; init; } = 1e-8;

        /// <summary>How much of the last step goes into the next one.</summary>
        public double Momentum { get; init; }

        /// <inheritdoc/>
        public override optim.Optimizer Create(IReadOnlyList<ParameterGroup> groups) =>
            new HeldRmsProp(
                groups.Select(group => new Modules.RMSProp.ParamGroup(group.Parameters, group.LearningRate, eps: Epsilon, alpha: Alpha, group.WeightDecay, Momentum)),
                LearningRate, Alpha, Epsilon, Momentum);

        /// <inheritdoc/>
        public override void Validate()
        {
            base.Validate();
            CheckFraction(Alpha, nameof(Alpha));
            CheckFraction(Momentum, nameof(Momentum));
            CheckDivisor(Epsilon, nameof(Epsilon));
        }
    }
}
