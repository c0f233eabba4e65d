using System.Text.Json.Serialization;
using Luma.Neural;

namespace Luma.Zoo.Training;

/// <summary>What a network learns to make small.</summary>
/// <remarks>Derive from it for a loss of your own.</remarks>
[JsonConverter(typeof(LossKinds))]
public abstract record TrainingLoss
{
    /// <summary>Computes the loss of a batch.</summary>
    /// <param name="output">The network's output: logits <c>(N, K)</c>.</param>
    /// <param name="targets">The classes: indices <c>(N)</c>, or what each image is of each class <c>(N, K)</c>.</param>
    /// <returns>The mean over the batch, a scalar.</returns>
    public abstract Tensor Compute(Tensor output, Tensor targets);

    /// <summary>Refuses values that make no sense.</summary>
    /// <param name="classes">How many classes there are.</param>
    /// <exception cref="ArgumentException">A value is out of its range; the exception names it.</exception>
    public virtual void Validate(int classes)
    {
    }

    private static void CheckSmoothing(double smoothing, string name)
    {
        if (!(smoothing is >= 0 and < 1)) throw new ArgumentOutOfRangeException(name, smoothing, "The label smoothing must be from 0 to below 1.");
    }

    private static void CheckWeights(IReadOnlyList<double>? weights, int classes, string name)
    {
        if (weights is null) return;
        if (weights.Count != classes) throw new ArgumentException($"There are {weights.Count} weights for {classes} classes.", name);
        // They become 32-bit floats: what is too large for these would be infinite, and what is too small 0.
        if (!weights.All(weight => weight >= 0 && weight <= float.MaxValue) || weights.All(weight => (float)weight == 0))
            throw new ArgumentException("The weights of the classes must be numbers from 0 that fit 32-bit floats, and not all 0.", name);
    }

    /// <summary>The cross entropy of one class of many, as <c>torch.nn.CrossEntropyLoss</c>.</summary>
    public sealed record CrossEntropy : TrainingLoss
    {
        /// <summary>How much of each label's probability is spread over all classes.</summary>
        public double LabelSmoothing { get; init; }

        /// <summary>
        /// How much each class counts, or null for alike. From images of classes with the weight 0 nothing is learnt: a batch that has no others
        /// has the loss 0, where PyTorch divides by 0.
        /// </summary>
        public IReadOnlyList<double>? ClassWeights { get; init; }

        /// <inheritdoc/>
        public override Tensor Compute(Tensor output, Tensor targets)
        {
            var weights = ClassWeights is null ? null : tensor(ClassWeights.ToArray(), output.dtype, output.device);
            var loss = nn.functional.cross_entropy(output, targets, weights, label_smoothing: LabelSmoothing);
            // The mean is over the weights of the labels that are there. Without any, all gradients are 0.
            return weights is not null && targets.dim() == 1 && weights.index_select(0, targets).sum().Value() == 0 ? output.Times(0).sum() : loss;
        }

        /// <inheritdoc/>
        public override void Validate(int classes)
        {
            CheckSmoothing(LabelSmoothing, nameof(LabelSmoothing));
            CheckWeights(ClassWeights, classes, nameof(ClassWeights));
        }

        /// <inheritdoc/>
        public bool Equals(CrossEntropy? other) =>
            other is not null && LabelSmoothing.Equals(other.LabelSmoothing) && SameWeights(ClassWeights, other.ClassWeights);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(LabelSmoothing, ClassWeights?.Sum());
    }

    /// <summary>The binary cross entropy of each class by itself, for several at once: <c>torch.nn.BCEWithLogitsLoss</c>.</summary>
    public sealed record BinaryCrossEntropy : TrainingLoss
    {
        /// <summary>How much a picture that has the class counts against one that does not, for each class, or null for alike: PyTorch's <c>pos_weight</c>.</summary>
        public IReadOnlyList<double>? PositiveWeights { get; init; }

        /// <inheritdoc/>
        public override Tensor Compute(Tensor output, Tensor targets)
        {
            if (targets.dim() == 1) targets = nn.functional.one_hot(targets, output.size(1)).to(output.dtype);
            var weights = PositiveWeights is null ? null : tensor(PositiveWeights.ToArray(), output.dtype, output.device);
            return nn.functional.binary_cross_entropy_with_logits(output, targets, pos_weights: weights);
        }

        /// <inheritdoc/>
        public override void Validate(int classes) => CheckWeights(PositiveWeights, classes, nameof(PositiveWeights));

        /// <inheritdoc/>
        public bool Equals(BinaryCrossEntropy? other) => other is not null && SameWeights(PositiveWeights, other.PositiveWeights);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(PositiveWeights?.Sum());
    }

    private static bool SameWeights(IReadOnlyList<double>? one, IReadOnlyList<double>? other) =>
        ReferenceEquals(one, other) || (one is not null && other is not null && one.SequenceEqual(other));
}
