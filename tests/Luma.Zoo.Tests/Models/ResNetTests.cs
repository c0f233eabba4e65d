using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

public class ResNetTests
{
    /// <summary>He et al. 2015: strides on the first convolutions, and shortcuts without parameters in the two shallow networks.</summary>
    private static ResNet AsPublished(string id) => new(ResNet.Plans[id].Unit == ResNetUnit.Basic
        ? ResNet.Plans[id] with { Shortcut = ResNetShortcut.ZeroPadding }
        : ResNet.Plans[id] with { StrideFirst = true });

    public static TheoryData<string, double, long> MultiplyAdds => new()
    {
        // Table 1 of the paper in 10^9 (3.858 is 3.8 there), and the sum over its rows by output size, kernel and channels.
        { "18, paper", 1.8, 1_794_805_760 },
        { "34, paper", 3.6, 3_644_493_824 },
        { "50, paper", 3.8, 3_857_973_248 },
        { "101, paper", 7.6, 7_570_194_432 },
        { "152, paper", 11.3, 11_282_415_616 },
        { "plain 34", 3.6, 3_644_493_824 },
        { "50", 4.1, 4_089_184_256 },
    };

    [Theory, MemberData(nameof(MultiplyAdds))]
    public void Multiply_adds_are_the_papers(string network, double stated, long exact)
    {
        using var scope = NewDisposeScope();
        using var skip = Initializers.Skip();
        using Block built = network switch
        {
            "18, paper" => AsPublished("resnet18"),
            "34, paper" => AsPublished("resnet34"),
            "50, paper" => AsPublished("resnet50"),
            "101, paper" => AsPublished("resnet101"),
            "152, paper" => AsPublished("resnet152"),
            "plain 34" => new ResNet(ResNet.Plans["plain_34"]),
            _ => new ResNet_50(),
        };
        var counter = new MultiplyAddCounter();
        using (ForwardPass.Observe(counter))
        using (inference_mode())
        {
            built.eval();
            built.call(zeros(1, 3, 224, 224));
        }

        Assert.Equal(exact, counter.Total);
        Assert.InRange(counter.Total / 1e9, stated - 0.06, stated + 0.06);
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData("resnet_1001")]
    [InlineData("resnet_1202")]
    public void The_deepest_run_forward_and_backward_on_a_small_stack(string id)
    {
        Exception? failure = null;
        var thread = new Thread(
            () => failure = Record.Exception(() =>
            {
                using var scope = NewDisposeScope();
                using var network = ModelZoo.Create(id);
                var output = network.call(randn(2, 3, 32, 32));
                output.square().mean().backward();
                Assert.All(network.parameters(), parameter => Assert.True(parameter.grad!.isfinite().all().item<bool>()));
            }),
            maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();

        Assert.Null(failure);
    }

    [Theory]
    [InlineData("resnet18", 8)]
    [InlineData("resnet50", 16)]
    public void Blocks_can_begin_as_the_identity(string id, int blocks)
    {
        using var network = new ResNet(ResNet.Plans[id] with { ZeroInitResidual = true });

        var scales = network.modules().Select(module => module switch
        {
            ResNetBlock.Basic basic => basic.LastNorm.Weight,
            ResNetBlock.Bottleneck bottleneck => bottleneck.LastNorm.Weight,
            _ => null,
        }).OfType<Tensor>().ToList();

        Assert.Equal(blocks, scales.Count);
        Assert.All(scales, scale => Assert.Equal(0, scale.abs().max().item<float>()));
        Assert.Equal(blocks, network.modules().OfType<BatchNorm>().Count(norm => norm.Weight!.abs().max().item<float>() == 0));
    }

    [Fact]
    public void Dilated_stages_keep_the_size_and_widen_the_windows_behind_their_first_block()
    {
        using var scope = NewDisposeScope();
        using var network = new ResNet(ResNet.Plans["resnet50"] with { Dilate = [false, true, true] }, new() { NumClasses = 10 });
        var windows = network.modules().OfType<ResNetBlock.Bottleneck>()
            .Select(block => block.children().OfType<Convolution2D>().Single(convolution => convolution.KernelSize[0] == 3)).ToList();

        // As torchvision's replace_stride_with_dilation=[False, True, True].
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 4, 4], windows.Select(window => window.Dilation[0]));
        Assert.Equal([1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], windows.Select(window => window.Stride[0]));

        var beforePooling = new InputOf<GlobalAvgPooling2D>();
        using (ForwardPass.Observe(beforePooling)) network.call(randn(2, 3, 64, 64));
        Assert.Equal([2, 2048, 8, 8], beforePooling.Shape);
    }

    // As torchvision's ResNet(BasicBlock, [2, 2, 2, 3]), for which people have weights.
    [Fact]
    public void A_plan_of_ones_own_has_torchvisions_names()
    {
        using var scope = NewDisposeScope();
        using var network = new ResNet(new ResNetPlan(ResNetUnit.Basic, [2, 2, 2, 3]), new() { NumClasses = 5 });
        var names = network.state_dict().Keys;

        Assert.Contains("layer4.2.bn2.running_var", names);
        Assert.DoesNotContain("layer4.3.conv1.weight", names);
        Assert.Equal([2, 5], network.call(rand(2, 3, 64, 64)).shape);
        Assert.Throws<ArgumentException>("plan.Depths", () => new ResNet(new ResNetPlan(ResNetUnit.Basic, [])));
        Assert.Throws<ArgumentOutOfRangeException>("plan.Depths", () => new ResNet(new ResNetPlan(ResNetUnit.Basic, [2, 0])));
    }

    [Fact]
    public void What_a_unit_does_not_have_is_refused()
    {
        var (basic, plain) = (new ResNetPlan(ResNetUnit.Basic, [1]), new ResNetPlan(ResNetUnit.Plain, [1]));
        (string Part, ResNetPlan Plan)[] refused =
        [
            ("plan.Groups", basic with { Groups = 32 }), ("plan.BaseWidth", basic with { BaseWidth = 128 }),
            ("plan.StrideFirst", basic with { StrideFirst = true }), ("plan.Dilate", basic with { Dilate = [true] }),
            ("plan.Shortcut", plain with { Shortcut = ResNetShortcut.ZeroPadding }),
        ];

        Assert.All(refused, entry => Assert.Throws<ArgumentException>(entry.Part, () => new ResNet(entry.Plan)));
        Assert.Throws<ModelOptionException>(() => new ResNet(plain, new() { Shortcut = ResNetShortcut.ZeroPadding }));
        Assert.Throws<ArgumentOutOfRangeException>("plan.Unit", () => new ResNet(basic with { Unit = (ResNetUnit)9 }));
        Assert.Throws<ArgumentOutOfRangeException>("options", () => new ResNet(basic, new() { Shortcut = (ResNetShortcut)9 }));
        Assert.Throws<ArgumentNullException>("plan.Depths", () => new ResNet(basic with { Depths = null! }));
    }

    [Fact]
    public void Basic_blocks_have_no_dilation() => Assert.Throws<ArgumentException>(
        "plan.Dilate", () => new ResNet(ResNet.Plans["resnet18"] with { Dilate = [false, false, true] }));

    [Fact]
    public void The_stride_moves_to_the_first_convolution()
    {
        using var skip = Initializers.Skip();
        using var network = AsPublished("resnet50");
        var strided = network.named_modules().Where(entry => entry.module is Convolution2D { Stride: var stride } && stride[0] == 2);

        Assert.Equal(
            [
                "conv1", "layer2.0.conv1", "layer2.0.downsample.0", "layer3.0.conv1", "layer3.0.downsample.0", "layer4.0.conv1",
                "layer4.0.downsample.0",
            ],
            strided.Select(entry => entry.name));
    }

    private sealed class MultiplyAddCounter : IForwardObserver
    {
        public long Total { get; private set; }

        public void Left(NeuralModule module, Tensor input, Tensor output) => Total += module switch
        {
            Convolution convolution => output.numel() / output.shape[1] * convolution.Weight.numel(),
            Dense dense => dense.Weight.numel(),
            _ => 0,
        };
    }

    private sealed class InputOf<T> : IForwardObserver
    {
        public long[] Shape { get; private set; } = [];

        public void Entered(NeuralModule module, Tensor input)
        {
            if (module is T) Shape = input.shape;
        }
    }
}
