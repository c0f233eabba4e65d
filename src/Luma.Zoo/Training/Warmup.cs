namespace Luma.Zoo.Training;

/// <summary>
/// The first steps of a training, in which the learning rate rises along a line: <c>torch.optim.lr_scheduler.LinearLR</c>. The schedule begins
/// after them.
/// </summary>
/// <param name="Epochs">How many epochs it lasts; a part of one will do, and 0 is for none.</param>
/// <param name="Initial">The factor of the first step.</param>
public sealed record Warmup(double Epochs = 0, double Initial = 0.01)
{
    /// <summary>By what the learning rate is multiplied at a step, or null where the warm-up is over.</summary>
    internal double? FactorAt(long step, long steps) => step < steps ? Initial + ((1 - Initial) * step / steps) : null;

    /// <summary>Refuses values that make no sense.</summary>
    internal void Validate()
    {
        if (!(Epochs >= 0 && double.IsFinite(Epochs))) throw new ArgumentOutOfRangeException(nameof(Epochs), Epochs, "The warm-up's epochs must not be below 0.");
        if (!(Initial is > 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(Initial), Initial, "The warm-up's first factor must be above 0 and at most 1.");
    }
}
