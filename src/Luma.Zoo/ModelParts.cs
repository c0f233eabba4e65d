using Luma.Neural;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

/// <summary>Everything that belongs to a model.</summary>
/// <param name="Network">The network with its weights, which is the caller's.</param>
/// <param name="Preset">What makes an image into its input.</param>
/// <param name="Labels">The names of its classes.</param>
/// <param name="Task">Whether an image has one class of many or several at once.</param>
/// <param name="Report">What was taken of the weights.</param>
/// <param name="Published">The published weights that it has; null where they are others.</param>
internal sealed record ModelParts(
    Block Network, ImagePreset Preset, IReadOnlyList<string> Labels, ClassificationTask Task, LoadReport Report, PublishedWeights? Published);
