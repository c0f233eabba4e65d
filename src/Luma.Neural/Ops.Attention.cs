namespace Luma.Neural;

public abstract partial record Operation
{
    /// <summary>A dense layer whose weights belong to the block: inputs are the tensor, the weight and the bias if any.</summary>
    public sealed record Linear : Operation;

    /// <summary>
    /// Attention: softmax(query * key^T / sqrt(size) + mask) * value; inputs are query, key, value and the mask if any.
    /// </summary>
    /// <param name="Dropout">The probability that an attention weight is dropped.</param>
    public sealed record Attention(double Dropout) : Operation;

    /// <summary>Equal parts of a tensor.</summary>
    /// <param name="Parts">How many.</param>
    /// <param name="Dimension">The dimension that is divided.</param>
    public sealed record Chunk(long Parts, long Dimension) : Operation;

    /// <summary>One element of a dimension, which is gone afterwards.</summary>
    /// <param name="Dimension">The dimension.</param>
    /// <param name="Index">The element's place.</param>
    public sealed record Select(long Dimension, long Index) : Operation;

    /// <summary>Dimensions of size 1 made larger by repetition.</summary>
    /// <param name="Shape">The shape; -1 keeps a size.</param>
    public sealed record Expand(IReadOnlyList<long> Shape) : Operation;
}

public static partial class Ops
{
    /// <summary>Applies weights that a block owns as a dense layer would.</summary>
    /// <param name="input"><c>(..., L_in)</c></param>
    /// <param name="weight"><c>(L_out, L_in)</c></param>
    /// <param name="bias"><c>(L_out)</c>, or null.</param>
    /// <returns><c>(..., L_out)</c></returns>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias)
    {
        var output = DenseProduct.Of(input, weight, bias);
        Observation.Current?.Ran(new Operation.Linear(), bias is null ? [input, weight] : [input, weight, bias], [output]);
        return output;
    }

    /// <summary>Scaled dot-product attention (Vaswani et al., "Attention Is All You Need", 2017, section 3.2.1).</summary>
    /// <param name="query"><c>(..., T, E)</c></param>
    /// <param name="key"><c>(..., S, E)</c></param>
    /// <param name="value"><c>(..., S, E_v)</c></param>
    /// <param name="mask">What is added to the weights before the softmax: broadcasts to <c>(..., T, S)</c>; or null.</param>
    /// <param name="dropout">The probability that an attention weight is dropped; 0 in evaluation.</param>
    /// <returns><c>(..., T, E_v)</c></returns>
    public static Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor? mask = null, double dropout = 0)
    {
        var output = nn.functional.scaled_dot_product_attention(query, key, value, mask, dropout);
        Observation.Current?.Ran(new Operation.Attention(dropout), mask is null ? [query, key, value] : [query, key, value, mask], [output]);
        return output;
    }

    /// <summary>Divides a tensor into equal parts.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="parts">How many parts.</param>
    /// <param name="dimension">The dimension that is divided; its size must be a multiple.</param>
    /// <returns>The parts, as views.</returns>
    public static Tensor[] Chunk(Tensor input, long parts, long dimension)
    {
        var outputs = input.chunk(parts, dimension);
        Observation.Current?.Ran(new Operation.Chunk(parts, dimension), [input], outputs);
        return outputs;
    }

    /// <summary>Takes one element of a dimension.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension.</param>
    /// <param name="index">The element's place.</param>
    /// <returns>A view without that dimension.</returns>
    public static Tensor Select(Tensor input, long dimension, long index)
    {
        var output = input.select(dimension, index);
        Observation.Current?.Ran(new Operation.Select(dimension, index), [input], [output]);
        return output;
    }

    /// <summary>Repeats a tensor along its dimensions of size 1, without copying.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="shape">The shape; -1 keeps a size.</param>
    /// <returns>A view in that shape.</returns>
    public static Tensor Expand(Tensor input, params long[] shape)
    {
        var output = input.expand(shape);
        Observation.Current?.Ran(new Operation.Expand(shape), [input], [output]);
        return output;
    }
}
