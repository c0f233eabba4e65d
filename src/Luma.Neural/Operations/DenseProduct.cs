using System.Runtime.Intrinsics.X86;

namespace Luma.Neural.Operations;

/// <summary>
/// <c>input * weight^T + bias</c>, by the faster of the two libraries that libtorch has for it. For matrix products it takes MKL, which
/// does not use AMD's processors to the full. For convolutions it takes oneDNN, which does; and a dense layer over many rows is a 1x1
/// convolution over as many pixels, for which nothing needs to be copied. The two differ by rounding. Where neither has been measured,
/// libtorch's own choice stays.
/// </summary>
internal static class DenseProduct
{
    // A convolution first arranges its weights in blocks, which fewer rows do not repay ("dense" of tests/Luma.Zoo.Benchmarks).
    private const long FewestRows = 192;

    // "AuthenticAMD", four letters a register.
    private static readonly bool PrefersConvolutions =
        Avx512F.IsSupported && X86Base.CpuId(0, 0) is { Ebx: 0x68747541, Edx: 0x69746E65, Ecx: 0x444D4163 };

    /// <summary>Computes the product the faster way.</summary>
    /// <param name="input"><c>(..., L_in)</c></param>
    /// <param name="weight"><c>(L_out, L_in)</c></param>
    /// <param name="bias"><c>(L_out)</c>, or null.</param>
    /// <returns><c>(..., L_out)</c></returns>
    public static Tensor Of(Tensor input, Tensor weight, Tensor? bias) =>
        PrefersConvolutions && IsForConvolution(input, weight) ? ByConvolution(input, weight, bias) : nn.functional.linear(input, weight, bias);

    /// <summary>Computes the product as a convolution.</summary>
    /// <param name="input"><c>(..., L_in)</c></param>
    /// <param name="weight"><c>(L_out, L_in)</c></param>
    /// <param name="bias"><c>(L_out)</c>, or null.</param>
    /// <returns><c>(..., L_out)</c></returns>
    public static Tensor ByConvolution(Tensor input, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        // One image, a row of pixels high: (1, L_in, 1, rows), with a pixel's channels side by side in memory.
        var pixels = input.reshape(1, 1, -1, weight.size(1)).permute(0, 3, 1, 2);
        var output = nn.functional.conv2d(pixels, weight.unsqueeze(2).unsqueeze(3), bias);
        return output.permute(0, 2, 3, 1).reshape([.. input.shape[..^1], weight.size(0)]).MoveToOuterDisposeScope();
    }

    // While gradients are recorded, a network computes what PyTorch's would.
    private static bool IsForConvolution(Tensor input, Tensor weight) =>
        !is_grad_enabled()
        && input.numel() >= FewestRows * weight.size(1)
        && input.dtype == ScalarType.Float32
        && input.device_type == DeviceType.CPU
        && input.is_contiguous();
}
