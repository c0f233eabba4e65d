using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// The outline that Inception-v4 and the Inception-ResNets share (Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of
/// Residual Connections on Learning" (2016), figures 9 and 15): a stem, blocks of three types with a reduction between, and a classifier.
/// </summary>
/// <remarks>
/// Input <c>(N, C, H, W)</c> of at least 75x75, output logits <c>(N, classes)</c>. Batch normalisation and its constants are those of
/// <see cref="ConvStyle"/>.
/// </remarks>
public abstract class InceptionNet : Block
{
    private readonly NeuralModule stem, reductionA, reductionB;
    private readonly Sequence inceptionA, inceptionB, inceptionC;
    private readonly GlobalAvgPooling2D pool;
    private readonly Dropout dropout;
    private readonly Flatten flatten;
    private readonly Dense classifier;

    private protected InceptionNet(string name, Parts parts, long numClasses, double dropout) : base(name)
    {
        stem = Register("stem", parts.Stem);
        inceptionA = Register("inception_a", new Sequence(parts.A));
        reductionA = Register("reduction_a", parts.ReductionA);
        inceptionB = Register("inception_b", new Sequence(parts.B));
        reductionB = Register("reduction_b", parts.ReductionB);
        inceptionC = Register("inception_c", new Sequence(parts.C));
        pool = Register("avgpool", new GlobalAvgPooling2D());
        flatten = Register("flatten", new Flatten());
        this.dropout = Register("dropout", new Dropout(dropout));
        classifier = Register("fc", new Dense(parts.Features, numClasses));
    }

    internal static ModelFamily Family { get; } = new("Inception",
        [InceptionNet_V1.Variant, InceptionNet_V2.Variant, InceptionNet_V3.Variant, InceptionNet_V4.Variant]);

    // The parts, made in this order: a network draws its weights from the first layer to the last.
    private protected sealed record Parts(
        NeuralModule Stem, NeuralModule[] A, NeuralModule ReductionA, NeuralModule[] B, NeuralModule ReductionB, NeuralModule[] C, long Features);

    private protected static NeuralModule[] Repeat(int count, Func<NeuralModule> make) => [.. Enumerable.Range(0, count).Select(_ => make())];

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor x)
    {
        x = stem.call(x);
        x = reductionA.call(inceptionA.call(x));
        x = reductionB.call(inceptionB.call(x));
        x = inceptionC.call(x);
        return classifier.call(dropout.call(flatten.call(pool.call(x))));
    }
}
