using Luma.Neural;

namespace Luma.Zoo.Training.Optimizers;

/// <summary>What Adam and AdamW have in common: algorithm 1 of Kingma and Ba, after the weight decay.</summary>
internal static class AdamStep
{
    /// <summary>Brings the means up to date and changes the parameter.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="mean">The running mean of the gradients.</param>
    /// <param name="squares">The running mean of their squares.</param>
    /// <param name="step">Which step this is, from 1.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="beta1">The decay of the mean.</param>
    /// <param name="beta2">The decay of the squares.</param>
    /// <param name="epsilon">What keeps the division from zero.</param>
    public static void Take(
        Parameter parameter, Tensor gradient, Tensor mean, Tensor squares, long step, double rate, double beta1, double beta2, double epsilon)
    {
        mean.MultiplyBy(beta1).Increase(gradient, 1 - beta1);
        squares.MultiplyBy(beta2).IncreaseByProduct(gradient, gradient, 1 - beta2);
        var root = squares.sqrt().Over(Math.Sqrt(1 - Math.Pow(beta2, step))).Increase(epsilon);
        parameter.IncreaseByQuotient(mean, root, -(rate / (1 - Math.Pow(beta1, step))));
    }
}
