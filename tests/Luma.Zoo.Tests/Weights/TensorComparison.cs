namespace Luma.Zoo.Tests.Weights;

internal static class TensorComparison
{
    /// <summary>Whether shapes, types and all elements are the same.</summary>
    public static bool IsSameAs(this Tensor left, Tensor right)
    {
        using var scope = NewDisposeScope();
        return left.dtype == right.dtype && left.shape.SequenceEqual(right.shape) && left.eq(right).all().item<bool>();
    }
}
