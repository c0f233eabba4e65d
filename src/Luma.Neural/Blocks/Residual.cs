namespace Luma.Neural.Blocks;

/// <summary>
/// A block that adds what its branch learns to what its shortcut hands on: He et al., "Deep Residual Learning for Image
/// Recognition" (2015), figure 2.
/// </summary>
/// <param name="name">The kind of block, as it is shown to people.</param>
public abstract class Residual(string name) : Block(name)
{
    /// <summary>What is learned.</summary>
    /// <param name="input">What <see cref="Before"/> gave.</param>
    /// <returns>
    /// A tensor of the shape of the shortcut's. The sum takes its place, so it must be made by an operation whose gradient does not
    /// need it: a convolution, a norm or a product, but no activation.
    /// </returns>
    protected abstract Tensor Branch(Tensor input);

    /// <summary>What is handed on: by default the input itself.</summary>
    /// <param name="input">What <see cref="Before"/> gave.</param>
    /// <returns>A tensor of the shape of the branch's.</returns>
    protected virtual Tensor Shortcut(Tensor input) => input;

    /// <summary>What happens ahead of both paths: by default nothing.</summary>
    /// <param name="input">The block's input.</param>
    /// <returns>The input of branch and shortcut.</returns>
    protected virtual Tensor Before(Tensor input) => input;

    /// <summary>What happens to the sum: by default nothing.</summary>
    /// <param name="sum">The sum of branch and shortcut.</param>
    /// <returns>The block's output.</returns>
    protected virtual Tensor After(Tensor sum) => sum;

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input)
    {
        var x = Before(input);
        return After(Ops.Add(Branch(x), Shortcut(x), inPlace: true));
    }
}
