namespace Luma.Zoo.Training;

/// <summary>How gradients become new weights.</summary>
public abstract record Optimizer
{
    private protected Optimizer()
    {
    }

    /// <summary>The learning rate that a <see cref="LearningRateSchedule"/> scales.</summary>
    public double LearningRate { get; init; }

    /// <summary>How strongly weights are drawn towards zero: PyTorch's <c>weight_decay</c>.</summary>
    public double WeightDecay { get; init; }

    internal abstract optim.Optimizer Create(IEnumerable<Parameter> parameters);

    internal virtual void Validate()
    {
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
            throw new ArgumentOutOfRangeException(nameof(LearningRate), LearningRate, "The learning rate must be above 0.");
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay)))
            throw new ArgumentOutOfRangeException(nameof(WeightDecay), WeightDecay, "The weight decay must not be below 0.");
    }

    private protected static void CheckFraction(double value, string name)
    {
        if (!(value is >= 0 and < 1)) throw new ArgumentOutOfRangeException(name, value, $"{name} must be from 0 to below 1.");
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

        internal override optim.Optimizer Create(IEnumerable<Parameter> parameters) =>
            optim.SGD(parameters, LearningRate, Momentum, weight_decay: WeightDecay, nesterov: Nesterov);

        internal override void Validate()
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

        internal override optim.Optimizer Create(IEnumerable<Parameter> parameters) => Decoupled
            ? optim.AdamW(parameters, LearningRate, Beta1, Beta2, Epsilon, WeightDecay)
            : optim.Adam(parameters, LearningRate, Beta1, Beta2, Epsilon, WeightDecay);

        internal override void Validate()
        {
            base.Validate();
            CheckFraction(Beta1, nameof(Beta1));
            CheckFraction(Beta2, nameof(Beta2));
            if (!(Epsilon > 0)) throw new ArgumentOutOfRangeException(nameof(Epsilon), Epsilon, "Epsilon must be above 0.");
        }
    }
}
