using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;
using Luma.Neural.Passes;

namespace Luma.Neural.Tests;

/// <summary>Each pass computes what was computed before, and leaves the graph that it says.</summary>
[Collection(Generator.Name)]
public class PassTests
{
    [Fact]
    public void Nothing_works_in_place_afterwards()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { new Convolution2D(3, 4, 3), new ReLU(inPlace: true), new Computing(x => Ops.Add(Ops.Scale(x, 2), x, inPlace: true)) };

        var graph = Passed(network, [3, 5, 5], OutOfPlace.Apply);

        Assert.Equal([false, false], graph.Nodes.Select(node => node.Operation).Where(operation => operation is Operation.ReLU or Operation.Add).Select(operation => operation.Overwrites(0)));
    }

    [Fact]
    public void Identities_go_also_several_in_a_row_and_at_the_end()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { new Identity(), new Dropout(), new Dense(3, 2), new Dropout(), new Identity(), new Tanh(), new Identity() };

        var graph = Passed(network, [3], IdentityRemoval.Apply);

        Assert.Equal(["Linear", "Tanh"], Kinds(graph));
        Assert.Equal(graph.Nodes[^1].Output, graph.Output);
    }

    [Fact]
    public void A_network_that_does_nothing_is_left_with_no_operation_and_gives_its_input()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { new Identity() };

        var graph = Passed(network, [3], IdentityRemoval.Apply);

        Assert.Empty(graph.Nodes);
        var x = ones(1, 3);
        graph.Run(x).Dispose();
        Assert.Equal([1f, 1, 1], x.data<float>().ToArray());
    }

    [Fact]
    public void What_nothing_reads_goes_with_all_that_only_it_read()
    {
        using var scope = NewDisposeScope();
        using var unread = new Dense(3, 5);
        var layers = new Sequence { { "unread", unread }, { "read", new Dense(3, 2) } };
        using var network = new Wrapping(layers, x =>
        {
            Ops.Exp(layers[0].call(x));
            return layers[1].call(x);
        });

        var graph = Passed(network, [3], DeadNodeRemoval.Apply);

        Assert.Equal(["Linear"], Kinds(graph));
        Assert.Equal(["layers.read.weight", "layers.read.bias"], graph.Constants.Select(constant => constant.Name));
    }

    [Fact]
    public void What_depends_on_weights_alone_becomes_a_constant_of_its_own()
    {
        using var scope = NewDisposeScope();
        var dense = new Dense(3, 2);
        using var network = new Wrapping(
            new Sequence { dense },
            x => Ops.Add(dense.call(x), Ops.Exp(Ops.Scale(dense.Bias!, 0.5))));

        var graph = Passed(network, [3], ConstantFolding.Apply);

        Assert.Equal(["Linear", "Add"], Kinds(graph));
        Assert.Equal(3, graph.Constants.Count);
        Assert.Equal(dense.Bias!.mul(0.5).exp().data<float>().ToArray(), graph.Constants[^1].Tensor.data<float>().ToArray());
        Assert.Equal(4, ConstantFolding.WithoutWeights(Graph.Record(network, ones(1, 3))).Nodes.Count);
    }

    [Fact]
    public void A_folded_view_does_not_change_with_the_parameter()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var dense = new Dense(3, 2);
        using var network = new Wrapping(new Sequence { dense }, x => Ops.Multiply(x, Ops.Select(dense.Weight, 0, 1)));

        var graph = Passed(network, [3], ConstantFolding.Apply);
        var expected = dense.Weight[1].clone();
        dense.Weight.zero_();

        Assert.Equal(expected.data<float>().ToArray(), graph.Run(ones(1, 3)).data<float>().ToArray());
    }

    [Fact]
    public void A_constant_network_gives_its_constant()
    {
        using var scope = NewDisposeScope();
        var dense = new Dense(3, 2);
        using var network = new Wrapping(new Sequence { dense }, _ => Ops.Scale(dense.Bias!, 3));

        var graph = Passed(network, [3], ConstantFolding.Apply);

        Assert.Empty(graph.Nodes);
        graph.Run(ones(1, 3)).Dispose();
        Assert.Equal(2, graph.Run(ones(1, 3)).numel());
    }

    public static TheoryData<string> Folded => [.. FoldedNetworks.Keys];

    private static readonly Dictionary<string, (Func<NeuralModule> Make, long[] Shape)> FoldedNetworks = new()
    {
        ["convolution"] = (() => new Sequence { new Convolution2D(3, 4, 3, padding: 1, bias: false), new BatchNorm2D(4) }, [3, 6, 6]),
        ["with bias"] = (() => new Sequence { new Convolution2D(3, 4, 3, stride: 2), new BatchNorm2D(4, eps: 1e-3) }, [3, 7, 7]),
        ["depthwise"] = (() => new Sequence { new Convolution2D(4, 8, 3, groups: 4), new BatchNorm2D(8) }, [4, 6, 6]),
        ["without scale and shift"] = (() => new Sequence { new Convolution2D(3, 4, 1), new BatchNorm2D(4, affine: false) }, [3, 4, 4]),
        ["sequence"] = (() => new Sequence { new Convolution1D(3, 4, 3), new BatchNorm1D(4) }, [3, 8]),
        ["volume"] = (() => new Sequence { new Convolution3D(2, 4, 2), new BatchNorm3D(4) }, [2, 4, 4, 4]),
        ["dense"] = (() => new Sequence { new Dense(5, 4), new BatchNorm1D(4) }, [5]),
    };

    [Theory, MemberData(nameof(Folded))]
    public void Batch_norm_goes_into_the_weights_before_it(string name)
    {
        using var scope = NewDisposeScope();
        using var network = FoldedNetworks[name].Make();

        var graph = Passed(network, FoldedNetworks[name].Shape, BatchNormFolding.Apply);

        var node = Assert.Single(graph.Nodes);
        Assert.Equal("0", node.Module);
        Assert.Equal(["0.weight", "0.bias"], graph.Constants.Select(constant => constant.Name).OrderDescending());
    }

    [Fact]
    public void Batch_norm_stays_where_it_cannot_be_folded()
    {
        using var scope = NewDisposeScope();
        // After nothing, after an activation, over another dimension than the outputs', and where the convolution is read twice.
        using var first = new Sequence { new BatchNorm2D(3), new ReLU(), new BatchNorm2D(3) };
        using var tokens = new Sequence { new Dense(4, 4), new BatchNorm1D(4) };
        var (convolution, norm) = (new Convolution2D(3, 3, 1), new BatchNorm2D(3));
        using var twice = new Wrapping(new Sequence { convolution, norm }, x =>
        {
            var y = convolution.call(x);
            return Ops.Add(norm.call(y), y);
        });

        Assert.Equal(["BatchNorm", "ReLU", "BatchNorm"], Kinds(Passed(first, [3, 4, 4], BatchNormFolding.Apply)));
        Assert.Equal(["Linear", "BatchNorm"], Kinds(Passed(tokens, [4, 4], BatchNormFolding.Apply)));
        Assert.Equal(["Convolution", "BatchNorm", "Add"], Kinds(Passed(twice, [3, 4, 4], BatchNormFolding.Apply)));
    }

    [Fact]
    public void The_batchs_own_statistics_are_not_folded()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { new Convolution2D(3, 4, 3), new BatchNorm2D(4, trackRunningStats: false) };

        Assert.Equal(["Convolution", "BatchNorm"], Kinds(Passed(network, [3, 6, 6], BatchNormFolding.Apply)));
    }

    [Fact]
    public void Factors_go_into_the_weights_before_them()
    {
        using var scope = NewDisposeScope();
        var (dense, convolution, scale) = (new Dense(4, 4), new Convolution2D(4, 4, 3, padding: 1), new Dense(1, 4, bias: false));
        // One number; one for each output, behind a permutation, as in ConvNeXt; one for each output of a dense layer.
        using var network = new Wrapping(new Sequence { dense, convolution, scale }, x =>
        {
            var y = Ops.Scale(convolution.call(x), 0.17);
            y = Ops.Permute(dense.call(Ops.Permute(y, 0, 2, 3, 1)), 0, 3, 1, 2);
            return Ops.Multiply(Ops.Unflatten(Ops.Flatten(scale.Weight, 0), 0, 4, 1, 1), y);
        });

        var graph = Passed(network, [4, 5, 5], ConstantFolding.Apply, ScaleFolding.Apply);

        Assert.Equal(["Convolution", "Permute", "Linear", "Permute"], Kinds(graph));
    }

    [Fact]
    public void Factors_along_other_dimensions_and_those_of_the_input_stay()
    {
        using var scope = NewDisposeScope();
        var (dense, factor) = (new Dense(4, 4), new Dense(1, 4, bias: false));
        using var along = new Wrapping(new Sequence { dense, factor }, x => Ops.Multiply(dense.call(x), factor.Weight));
        using var computed = new Wrapping(new Sequence { dense }, x => Ops.Multiply(dense.call(x), Ops.Exp(x)));

        Assert.Equal(["Linear", "Multiply"], Kinds(Passed(along, [4, 4], ScaleFolding.Apply)));
        Assert.Equal(["Exp", "Linear", "Multiply"], Kinds(Passed(computed, [4], ScaleFolding.Apply)).Order());
    }

    [Fact]
    public void A_product_adds_to_the_shortcut_and_applies_what_follows()
    {
        using var scope = NewDisposeScope();
        using var network = new ResNetBlock.Basic(4, 8, stride: 2);

        var graph = Passed(network, [4, 6, 6], OutOfPlace.Apply, BatchNormFolding.Apply, AdditionFusion.Apply, ActivationFusion.Apply);

        Assert.Equal(["FusedConvolution", "Convolution", "FusedConvolution"], Kinds(graph));
        var last = graph.Nodes[^1];
        Assert.Equal(new Operation.ReLU(false), Assert.IsType<Operation.FusedConvolution>(last.Operation).Then);
        Assert.NotNull(last.Inputs[3]);
    }

    public static TheoryData<string> Activated => [.. Activations.Keys];

    private static readonly Dictionary<string, Func<Layer>> Activations = new()
    {
        ["ReLU"] = () => new ReLU(inPlace: true),
        ["ReLU6"] = () => new ReLU6(),
        ["SiLU"] = () => new SiLU(),
        ["Hardswish"] = () => new Hardswish(),
        ["Hardsigmoid"] = () => new Hardsigmoid(),
        ["Sigmoid"] = () => new Sigmoid(),
        ["Tanh"] = () => new Tanh(),
        ["LeakyReLU"] = () => new LeakyReLU(0.2),
        ["GELU"] = () => new GELU(),
    };

    [Theory, MemberData(nameof(Activated))]
    public void An_activation_goes_into_the_product_before_it(string name)
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { new Convolution2D(3, 4, 3), Activations[name](), new Flatten(), new Dense(16, 5), Activations[name]() };

        var graph = Passed(network, [3, 4, 4], OutOfPlace.Apply, ActivationFusion.Apply);

        Assert.Equal(["FusedConvolution", "Flatten", "FusedLinear"], Kinds(graph));
    }

    [Fact]
    public void What_is_read_before_its_activation_or_its_addition_stays()
    {
        using var scope = NewDisposeScope();
        var convolution = new Convolution2D(3, 3, 1);
        using var network = new Wrapping(new Sequence { convolution }, x =>
        {
            var y = convolution.call(x);
            return Ops.Multiply(Ops.Run(new Operation.ReLU(false), y), Ops.Add(y, x));
        });

        Assert.Equal(["Add", "Convolution", "Multiply", "ReLU"], Kinds(Passed(network, [3, 4, 4], AdditionFusion.Apply, ActivationFusion.Apply)).Order());
    }

    [Fact]
    public void A_sum_that_broadcasts_is_not_fused()
    {
        using var scope = NewDisposeScope();
        var (convolution, pool) = (new Convolution2D(3, 3, 1), new GlobalAvgPooling2D());
        using var network = new Wrapping(new Sequence { convolution, pool }, x => Ops.Add(convolution.call(x), pool.call(x)));

        Assert.Contains("Add", Kinds(Passed(network, [3, 4, 4], AdditionFusion.Apply)));
    }

    [Fact]
    public void A_sum_of_two_products_is_made_by_the_later_one()
    {
        using var scope = NewDisposeScope();
        var (one, other) = (new Dense(3, 4), new Dense(3, 4));
        using var network = new Wrapping(new Sequence { one, other }, x =>
        {
            var early = one.call(x);
            return Ops.Add(early, other.call(x));
        });

        var graph = Passed(network, [3], AdditionFusion.Apply);

        Assert.Equal(["Linear", "FusedLinear"], Kinds(graph));
        Assert.Equal("layers.1", graph.Nodes[^1].Module);
    }

    [Fact]
    public void Squeeze_and_excitation_is_computed_by_dense_layers()
    {
        using var scope = NewDisposeScope();
        using var network = new SqueezeExcitation(8, 2, new ReLU(), new Hardsigmoid());

        var graph = Passed(network, [8, 5, 5], [.. GraphPasses.All.Select(pass => pass.Apply)]);

        Assert.Equal(["AdaptiveAveragePool", "Flatten", "FusedLinear", "FusedLinear", "Unflatten", "Multiply"], Kinds(graph));
    }

    [Fact]
    public void A_convolution_over_a_concatenation_reads_its_parts_one_by_one()
    {
        using var scope = NewDisposeScope();
        var (one, other, all) = (new Convolution2D(3, 16, 1), new Convolution2D(3, 32, 3, padding: 1), new Convolution2D(48, 8, 3, padding: 1));
        using var network = new Wrapping(new Sequence { one, other, all }, x => all.call(Ops.Concat([one.call(x), other.call(x)])));

        Assert.Equal(["Convolution", "Convolution", "Convolution", "Convolution", "Add"], Kinds(Passed(network, [3, 6, 6], ConcatenationSplitting.Apply)));
        Assert.Equal(["Convolution", "Convolution", "Convolution", "FusedConvolution"], Kinds(Passed(network, [3, 6, 6], ConcatenationSplitting.Apply, AdditionFusion.Apply)));
    }

    [Fact]
    public void The_parts_of_a_concatenation_that_is_pooled_are_pooled_each()
    {
        using var scope = NewDisposeScope();
        var (one, other, pool, all) = (new Convolution2D(3, 16, 1), new Convolution2D(3, 16, 1), new Pooling2D(PoolingMode.Max, 3, 2), new Convolution2D(48, 20, 1, stride: 2));
        using var network = new Wrapping(new Sequence { one, other, pool, all }, x => all.call(pool.call(Ops.Concat([one.call(x), other.call(x), one.call(x)]))));

        var graph = Passed(network, [3, 9, 9], ConcatenationSplitting.Apply);

        Assert.Equal(3, Kinds(graph).Count(kind => kind == "MaxPool"));
        Assert.Equal(2, Kinds(graph).Count(kind => kind == "Add"));
        Assert.DoesNotContain("Concat", Kinds(graph));
    }

    public static TheoryData<string> ConcatenationsThatStay => ["read elsewhere", "few channels", "many results", "groups", "shortcut", "another axis"];

    [Theory]
    [MemberData(nameof(ConcatenationsThatStay))]
    public void A_concatenation_stays_where_splitting_it_does_not_pay_or_would_be_wrong(string why)
    {
        using var scope = NewDisposeScope();
        var channels = why == "few channels" ? 8 : 16;
        var one = new Convolution2D(3, channels, 1);
        var all = why switch
        {
            "groups" => new Convolution2D(32, 32, 1, groups: 2),
            "many results" => new Convolution2D(32, 65, 1),
            "another axis" => new Convolution2D(16, 16, 1),
            _ => new Convolution2D(2 * channels, 2 * channels, 1),
        };
        using var network = new Wrapping(new Sequence { one, all }, x =>
        {
            var part = one.call(x);
            var whole = Ops.Concat([part, part], why == "another axis" ? 2 : 1);
            var result = all.call(whole);
            return why switch { "read elsewhere" => Ops.Add(Ops.Exp(result), whole), "shortcut" => Ops.Add(result, Ops.Exp(Ops.Slice(x, 1, 0, 1))), _ => result };
        });

        Assert.Contains("Concat", Kinds(Passed(network, [3, 6, 6], ConcatenationSplitting.Apply)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Normalisation_and_relu_before_a_pointwise_convolution_become_a_clamp(bool bias)
    {
        using var scope = NewDisposeScope();
        // Drawn scales are of both signs.
        using var network = new Sequence { new BatchNorm2D(64), new ReLU(), new Convolution2D(64, 5, 1, stride: 2, bias: bias) };

        Assert.Equal(["Clamp", "Convolution"], Kinds(Passed(network, [64, 6, 6], NormClamping.Apply)));
    }

    [Fact]
    public void A_clamp_that_only_raises_has_one_bound_and_a_scale_that_does_nothing_leaves_its_shift()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var norm = new BatchNorm2D(6);
        using var network = new Sequence { norm, new ReLU(), new Convolution2D(6, 5, 1) };
        foreach (var (name, values) in new Dictionary<string, float[]>
        {
            ["weight"] = [1, 2, 0, 0, 1e-38f, 3],
            ["bias"] = [1, -1, 0.5f, -0.5f, 2, 0],
            ["running_mean"] = [0, 1, 2, 3, 4, 5],
            ["running_var"] = [1, 2, 3, 4, 5, 0.01f],
        })
        {
            norm.state_dict()[name].copy_(tensor(values));
        }
        network.eval();
        var x = randn(3, 6, 4, 4);
        var expected = network.call(x);

        var graph = NormClamping.Apply(Graph.Record(network, x[..1]));

        Assert.Null(graph.Nodes[0].Inputs[2]);
        Assert.InRange(graph.Run(x).sub(expected).abs().max().ToDouble(), 0, 1e-5 * expected.abs().max().ToDouble());
    }

    public static TheoryData<string> NormsThatStay => ["padding", "3x3", "groups", "another activation", "read elsewhere"];

    [Theory]
    [MemberData(nameof(NormsThatStay))]
    public void A_norm_stays_where_its_shift_cannot_go_into_the_convolution(string why)
    {
        using var scope = NewDisposeScope();
        var convolution = why switch
        {
            "padding" => new Convolution2D(4, 4, 1, padding: 1),
            "3x3" => new Convolution2D(4, 4, 3),
            "groups" => new Convolution2D(4, 4, 1, groups: 2),
            _ => new Convolution2D(4, 4, 1),
        };
        var (norm, relu) = (new BatchNorm2D(4), why == "another activation" ? (NeuralModule)new Tanh() : new ReLU());
        using var network = new Wrapping(new Sequence { norm, relu, convolution }, x =>
        {
            var active = relu.call(norm.call(x));
            var result = convolution.call(active);
            return why == "read elsewhere" ? Ops.Add(result, active) : result;
        });

        Assert.Contains("BatchNorm", Kinds(Passed(network, [4, 6, 6], NormClamping.Apply)));
    }

    [Fact]
    public void A_norm_stays_whose_mean_lies_far_from_zero_where_rounding_would_show()
    {
        using var scope = NewDisposeScope();
        var norm = new BatchNorm2D(4);
        using var network = new Sequence { norm, new ReLU(), new Convolution2D(4, 4, 1) };
        network.eval();
        using var noGrad = no_grad();
        norm.state_dict()["running_mean"].fill_(65);

        Assert.Contains("BatchNorm", Kinds(NormClamping.Apply(Graph.Record(network, ones(1, 4, 3, 3)))));
        norm.state_dict()["running_mean"].fill_(63);
        Assert.Contains("Clamp", Kinds(NormClamping.Apply(Graph.Record(network, ones(1, 4, 3, 3)))));
    }

    [Fact]
    public void A_pass_leaves_the_graph_it_was_given_and_its_constants_die_with_the_scope()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { new Convolution2D(3, 4, 3), new BatchNorm2D(4), new ReLU(inPlace: true) };
        network.eval();
        var graph = Graph.Record(network, ones(1, 3, 5, 5));
        var before = (string.Join(", ", Kinds(graph)), string.Join(", ", graph.Constants.Select(constant => constant.Name)));
        var live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        using (NewDisposeScope()) graph.Apply().Run(ones(2, 3, 5, 5));

        Assert.Equal(live, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.Equal(before, (string.Join(", ", Kinds(graph)), string.Join(", ", graph.Constants.Select(constant => constant.Name))));
        Assert.Equal(GraphPasses.All.Count, GraphPasses.All.Select(pass => pass.Name).Distinct().Count());
    }

    private static List<string> Kinds(Graph graph) => [.. graph.Nodes.Select(node => node.Operation.GetType().Name)];

    // The graph that passes make of a network with drawn numbers, once it is seen to compute the same for three images.
    private static Graph Passed(NeuralModule network, long[] shape, params Func<Graph, Graph>[] passes)
    {
        using var noGrad = no_grad();
        manual_seed(1);
        foreach (var (name, tensor) in network.state_dict())
        {
            if (!tensor.is_floating_point()) continue;
            if (name.EndsWith("running_var", StringComparison.Ordinal)) tensor.uniform_(0.5, 1.5);
            else tensor.normal_();
        }
        network.eval();
        var x = randn([3, .. shape]);
        var expected = network.call(x);

        var graph = passes.Aggregate(Graph.Record(network, x[..1]), (current, pass) => pass(current));

        var output = graph.Run(x);
        Assert.Equal(expected.shape, output.shape);
        Assert.InRange(output.sub(expected).abs().max().ToDouble(), 0, 1e-5 * expected.abs().max().ToDouble());
        return graph;
    }

    private sealed class Computing(Func<Tensor, Tensor> compute) : Block(nameof(Computing))
    {
        protected override Tensor Compute(Tensor input) => compute(input);
    }

    private sealed class Wrapping : Block
    {
        private readonly Func<Tensor, Tensor> compute;

        public Wrapping(Sequence layers, Func<Tensor, Tensor> compute) : base(nameof(Wrapping))
        {
            Register("layers", layers);
            this.compute = compute;
        }

        protected override Tensor Compute(Tensor input) => compute(input);
    }
}
