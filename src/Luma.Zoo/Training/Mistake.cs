namespace Luma.Zoo.Training;

/// <summary>An image that a network took for something else.</summary>
/// <param name="Index">Its place in the data set.</param>
/// <param name="Name">Its file, or what else it is called.</param>
/// <param name="Label">What it shows.</param>
/// <param name="Predicted">What it was taken for.</param>
/// <param name="Probability">How sure the network was, from 0 to 1.</param>
public sealed record Mistake(int Index, string Name, string Label, string Predicted, double Probability);
