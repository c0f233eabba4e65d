namespace Luma.Neural;

/// <summary>
/// Arithmetic of tensors and numbers. TorchSharp makes a number an object and gives libtorch its address, but does not hold on to it: the garbage
/// collector may free it before libtorch has read it. Here it is held.
/// </summary>
internal static class ScalarArithmetic
{
    /// <summary>The tensor times a whole number, of the tensor's type.</summary>
    public static Tensor Times(this Tensor tensor, long factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.mul(scalar);
    }

    /// <summary>The tensor times a number.</summary>
    public static Tensor Times(this Tensor tensor, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.mul(scalar);
    }

    /// <summary>Multiplies the tensor itself.</summary>
    public static Tensor MultiplyBy(this Tensor tensor, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.mul_(scalar);
    }

    /// <summary>The tensor divided by a number.</summary>
    public static Tensor Over(this Tensor tensor, double divisor)
    {
        using var scalar = divisor.ToScalar();
        return tensor.div(scalar);
    }

    /// <summary>The tensor plus a whole number, of the tensor's type.</summary>
    public static Tensor Plus(this Tensor tensor, long summand)
    {
        using var scalar = summand.ToScalar();
        return tensor.add(scalar);
    }

    /// <summary>The tensor plus a number.</summary>
    public static Tensor Plus(this Tensor tensor, double summand)
    {
        using var scalar = summand.ToScalar();
        return tensor.add(scalar);
    }

    /// <summary>Adds a number to the tensor itself.</summary>
    public static Tensor Increase(this Tensor tensor, double summand)
    {
        using var scalar = summand.ToScalar();
        return tensor.add_(scalar);
    }

    /// <summary>Adds a multiple of another tensor to the tensor itself.</summary>
    public static Tensor Increase(this Tensor tensor, Tensor other, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.add_(other, scalar);
    }

    /// <summary>Where the tensor is a number or more.</summary>
    public static Tensor IsAtLeast(this Tensor tensor, long least)
    {
        using var scalar = least.ToScalar();
        return tensor.ge(scalar);
    }

    /// <summary>Sets every element of the tensor itself.</summary>
    public static Tensor Fill(this Tensor tensor, double value)
    {
        using var scalar = value.ToScalar();
        return tensor.fill_(scalar);
    }

    /// <summary>Brings every element of the tensor itself between two numbers.</summary>
    public static Tensor Limit(this Tensor tensor, double least, double most)
    {
        using var low = least.ToScalar();
        using var high = most.ToScalar();
        return tensor.clamp_(low, high);
    }

    /// <summary>The whole numbers from one up to another, without it: <c>(stop - start)</c> of int64.</summary>
    public static Tensor Range(long start, long stop)
    {
        var numbers = new long[stop - start];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = start + i;
        return tensor(numbers);
    }
}
