using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Tests.Summary;

/// <summary>A network of a user's own with what a summary can hold: the twin of Workshop in scripts/goldens_summary.py.</summary>
internal sealed class Workshop : Block
{
    private readonly TorchSharp.Modules.Parameter scale;
    private readonly Sequence stem;
    private readonly Convolution2D shared, frozen;
    private readonly Stages stages;
    private readonly AdaptiveAvgPooling2D pool;
    private readonly Flatten flatten;
    private readonly Dense head;

    public Workshop() : base(nameof(Workshop))
    {
        scale = RegisterParameter(nameof(scale), ones(1, 8, 1, 1));
        stem = Register("stem", new Sequence { new Convolution2D(3, 8, 3, stride: 2, padding: 1), new BatchNorm2D(8), new ReLU() });
        shared = Register("shared", new Convolution2D(8, 8, 3, padding: 1));
        frozen = Register("frozen", new Convolution2D(8, 8, 1));
        foreach (var parameter in frozen.parameters()) parameter.requires_grad = false;
        stages = Register("stages", new Stages());
        Register("aux", new Dense(8, 4));
        pool = Register("pool", new AdaptiveAvgPooling2D(1));
        flatten = Register("flatten", new Flatten());
        head = Register("head", new Dense(8, 5));
    }

    public BatchNorm2D Norm => (BatchNorm2D)stem[1];

    protected override Tensor Compute(Tensor x)
    {
        x = shared.call(shared.call(stem.call(x)));
        x = stages.Second.call(stages.First.call(frozen.call(x)));
        return head.call(flatten.call(pool.call(Ops.Multiply(x, scale))));
    }

    private sealed class Stages : Block
    {
        public Stages() : base(nameof(Stages))
        {
            First = Register("first", new Sequence { new Convolution2D(8, 16, 3, padding: 1, bias: false), new BatchNorm2D(16), new ReLU() });
            Second = Register("second", new Sequence
            {
                new Convolution2D(16, 8, 1),
                new Sequence { new Convolution2D(8, 8, 3, padding: 1, groups: 4), new ReLU() },
            });
        }

        public Sequence First { get; }

        public Sequence Second { get; }

        protected override Tensor Compute(Tensor input) => Second.call(First.call(input));
    }
}
