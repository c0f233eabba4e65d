namespace Luma.Zoo.Training;

/// <summary>What is special about some parameters' learning.</summary>
/// <param name="Pattern">
/// Which: a parameter's name such as <c>layer4.1.conv1.weight</c>, or a module's such as <c>layer4</c>, which stands for all below it. <c>*</c>
/// stands for any characters, <c>body</c> for all but the last layer, and <c>head</c> for that.
/// </param>
/// <param name="LearningRateFactor">By what their learning rate is multiplied.</param>
/// <param name="WeightDecay">Their weight decay, or null for the optimiser's.</param>
public sealed record ParameterRule(string Pattern, double LearningRateFactor = 1, double? WeightDecay = null);
