using System.Text.Json.Serialization;

namespace Luma.Zoo.Training;

/// <summary>What becomes of the learning rate in the course of a training.</summary>
/// <remarks>Derive from it for a schedule of your own.</remarks>
[JsonConverter(typeof(ScheduleKinds))]
public abstract record LearningRateSchedule
{
    /// <summary>By what the optimiser's learning rate is multiplied for one step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="steps">How many steps the training has.</param>
    /// <returns>The factor.</returns>
    public abstract double FactorAt(long step, long steps);

    /// <summary>Refuses values that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the exception names it.</exception>
    public virtual void Validate()
    {
    }

    private protected static void CheckFraction(double value, string name)
    {
        if (!(value is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(name, value, $"{name} must be from 0 to 1.");
    }

    private static double HalfCosine(double from, double to, double progress) =>
        to + ((from - to) * (1 + Math.Cos(Math.PI * progress)) / 2);

    /// <summary>Always the same.</summary>
    public sealed record Constant : LearningRateSchedule
    {
        /// <inheritdoc/>
        public override double FactorAt(long step, long steps) => 1;
    }

    /// <summary>
    /// Multiplied by a factor a few times, at equal distances: <c>torch.optim.lr_scheduler.StepLR</c>, with the distance as a part
    /// of the training.
    /// </summary>
    public sealed record Steps : LearningRateSchedule
    {
        /// <summary>Into how many equal parts the training falls.</summary>
        public int Parts { get; init; } = 3;

        /// <summary>The factor from one part to the next.</summary>
        public double Gamma { get; init; } = 0.1;

        /// <inheritdoc/>
        public override double FactorAt(long step, long steps) => Math.Pow(Gamma, Math.Min(step * Parts / steps, Parts - 1));

        /// <inheritdoc/>
        public override void Validate()
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(Parts, 1);
            CheckFraction(Gamma, nameof(Gamma));
        }
    }

    /// <summary>
    /// Falls along half a cosine: Loshchilov and Hutter, "SGDR" (2017), equation 5, without restarts. After every step, as
    /// <c>torch.optim.lr_scheduler.CosineAnnealingLR</c>.
    /// </summary>
    public sealed record Cosine : LearningRateSchedule
    {
        /// <summary>The factor at the end.</summary>
        public double Final { get; init; }

        /// <inheritdoc/>
        public override double FactorAt(long step, long steps) => HalfCosine(1, Final, (double)step / steps);

        /// <inheritdoc/>
        public override void Validate() => CheckFraction(Final, nameof(Final));
    }

    /// <summary>
    /// Rises along half a cosine and falls along another: Smith and Topin, "Super-Convergence" (2018), as
    /// <c>torch.optim.lr_scheduler.OneCycleLR</c>. The optimiser's learning rate is the peak; its momentum stays as it is.
    /// </summary>
    public sealed record OneCycle : LearningRateSchedule
    {
        /// <summary>The part of the training in which the learning rate rises.</summary>
        public double Rise { get; init; } = 0.3;

        /// <summary>The factor at the beginning.</summary>
        public double Initial { get; init; } = 1 / 25.0;

        /// <summary>The factor at the end.</summary>
        public double Final { get; init; } = 1 / 25e4;

        /// <inheritdoc/>
        public override double FactorAt(long step, long steps)
        {
            var peak = (Rise * steps) - 1;
            if (step <= peak) return HalfCosine(Initial, 1, peak > 0 ? step / peak : 1);
            var fall = steps - 1 - peak;
            return HalfCosine(1, Final, fall > 0 ? (step - peak) / fall : 1);
        }

        /// <inheritdoc/>
        public override void Validate()
        {
            CheckFraction(Rise, nameof(Rise));
            CheckFraction(Initial, nameof(Initial));
            CheckFraction(Final, nameof(Final));
        }
    }
}
