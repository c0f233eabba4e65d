namespace Luma.Neural;

/// <summary>
/// Arithmetic of tensors and numbers. TorchSharp makes a number an object and gives libtorch its address, but does not hold on to it: the garbage
/// collector may free it before libtorch has read it. Here it is held. A sum of two tensors has such a number as well, the factor of the second.
/// </summary>
internal static class ScalarArithmetic
{
    /// <summary>The tensor times a whole number, of the tensor's type.</summary>
    public static Tensor Times(this Tensor tensor, long factor) => With(factor.ToScalar(), tensor.mul);

    /// <summary>The tensor times a number.</summary>
    public static Tensor Times(this Tensor tensor, double factor) => With(factor.ToScalar(), tensor.mul);

    /// <summary>Multiplies the tensor itself.</summary>
    public static Tensor MultiplyBy(this Tensor tensor, double factor) => With(factor.ToScalar(), tensor.mul_);

    /// <summary>The tensor divided by a number.</summary>
    public static Tensor Over(this Tensor tensor, double divisor) => With(divisor.ToScalar(), scalar => tensor.div(scalar));

    /// <summary>The tensor plus a whole number, of the tensor's type.</summary>
    public static Tensor Plus(this Tensor tensor, long summand) => Sum(summand.ToScalar(), tensor.add);

    /// <summary>The tensor plus a number.</summary>
    public static Tensor Plus(this Tensor tensor, double summand) => Sum(summand.ToScalar(), tensor.add);

    /// <summary>Adds a whole number, of the tensor's type, to the tensor itself.</summary>
    public static Tensor Increase(this Tensor tensor, long summand) => Sum(summand.ToScalar(), tensor.add_);

    /// <summary>Adds a number to the tensor itself.</summary>
    public static Tensor Increase(this Tensor tensor, double summand) => Sum(summand.ToScalar(), tensor.add_);

    /// <summary>Adds a multiple of another tensor to the tensor itself.</summary>
    public static Tensor Increase(this Tensor tensor, Tensor other, double factor) => With(factor.ToScalar(), scalar => tensor.add_(other, scalar));

    /// <summary>The sum of two tensors.</summary>
    public static Tensor Plus(this Tensor tensor, Tensor other) => With(1L.ToScalar(), one => tensor.add(other, one));

    /// <summary>Adds another tensor to the tensor itself.</summary>
    public static Tensor Increase(this Tensor tensor, Tensor other) => With(1L.ToScalar(), one => tensor.add_(other, one));

    /// <summary>The tensor plus a multiple of another.</summary>
    public static Tensor Plus(this Tensor tensor, Tensor other, double factor) => With(factor.ToScalar(), scalar => tensor.add(other, scalar));

    /// <summary>Adds a multiple of the product of two others to the tensor itself.</summary>
    public static Tensor IncreaseByProduct(this Tensor tensor, Tensor left, Tensor right, double factor) =>
        With(factor.ToScalar(), scalar => tensor.addcmul_(left, right, scalar));

    /// <summary>Adds a multiple of the quotient of two others to the tensor itself.</summary>
    public static Tensor IncreaseByQuotient(this Tensor tensor, Tensor dividend, Tensor divisor, double factor) =>
        With(factor.ToScalar(), scalar => tensor.addcdiv_(dividend, divisor, scalar));

    /// <summary>Where the tensor is a number or more.</summary>
    public static Tensor IsAtLeast(this Tensor tensor, long least) => With(least.ToScalar(), tensor.ge);

    /// <summary>Sets every element of the tensor itself.</summary>
    public static Tensor Fill(this Tensor tensor, double value) => With(value.ToScalar(), tensor.fill_);

    /// <summary>Brings every element of the tensor itself between two numbers.</summary>
    public static Tensor Limit(this Tensor tensor, double least, double most) =>
        With(least.ToScalar(), low => With(most.ToScalar(), high => tensor.clamp_(low, high)));

    /// <summary>The whole numbers from one up to another, without it: <c>(stop - start)</c> of int64.</summary>
    public static Tensor Range(long start, long stop)
    {
        var numbers = new long[stop - start];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = start + i;
        return tensor(numbers);
    }

    /// <summary>The value of a tensor of one element.</summary>
    public static double Value(this Tensor tensor)
    {
        using var scalar = tensor.ToScalar();
        return scalar.ToDouble();
    }

    // Of a summand alone TorchSharp makes another number, its factor.
    private static Tensor Sum(Scalar summand, Func<Scalar, Scalar, Tensor> add) => With(summand, number => With(1L.ToScalar(), one => add(number, one)));

    private static Tensor With(Scalar scalar, Func<Scalar, Tensor> use)
    {
        using (scalar) return use(scalar);
    }
}
