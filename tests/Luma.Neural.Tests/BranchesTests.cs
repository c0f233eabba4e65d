using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Tests;

public class BranchesTests
{
    [Fact]
    public void Branches_lie_side_by_side_in_their_order()
    {
        using var scope = NewDisposeScope();
        var branches = new Branches { { "left", new Tanh() }, { "right", new Sequence { new ReLU(), new Tanh() } }, { "same", new Identity() } };
        var x = randn(2, 3, 4, 4);

        Assert.True(branches.call(x).Equals(cat([x.tanh(), x.relu().tanh(), x], 1)));
    }

    [Fact]
    public void A_link_that_others_follow_runs_once_and_is_no_branch_of_its_own()
    {
        using var scope = NewDisposeScope();
        var stem = new Convolution2D(3, 4, 1);
        var branches = new Branches
        {
            { "stem", stem },
            { "left", new Tanh(), "stem" },
            { "middle", new ReLU(), "stem" },
            { "right", new Tanh(), "middle" },
        };
        var x = randn(1, 3, 5, 5);
        var kinds = new List<string>();

        Tensor output;
        using (ForwardPass.Observe(new Kinds(kinds))) output = branches.call(x);

        var shared = nn.functional.conv2d(x, stem.Weight, stem.Bias);
        Assert.True(output.allclose(cat([shared.tanh(), shared.relu().tanh()], 1)));
        Assert.Equal(["Convolution", "Tanh", "ReLU", "Tanh", "Concat"], kinds);
        Assert.Equal(["stem.weight", "stem.bias"], branches.state_dict().Keys);
    }

    [Fact]
    public void A_link_after_one_that_is_not_there_is_refused()
    {
        using var branches = new Branches { { "first", new Tanh() } };

        var error = Assert.Throws<ArgumentException>(() => branches.Add("second", new ReLU(), "frist"));
        Assert.StartsWith("There is no link 'frist' before 'second'.", error.Message, StringComparison.Ordinal);
    }

    private sealed class Kinds(List<string> kinds) : IForwardObserver
    {
        public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output) => kinds.Add(operation.GetType().Name);
    }
}
