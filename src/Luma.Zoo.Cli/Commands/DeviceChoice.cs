using System.CommandLine;
using System.Globalization;
using Luma.Neural.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli.Commands;

/// <summary>Where a user wants a network to compute.</summary>
/// <param name="Cuda">On an NVIDIA GPU, and not on the CPU.</param>
/// <param name="Index">Which GPU; 0 where none is named.</param>
internal sealed record DeviceChoice(bool Cuda, int Index = 0)
{
    /// <summary>The option that chooses it.</summary>
    public static Option<DeviceChoice?> Option() => new("--device")
    {
        Description = "Where to compute: cpu, cuda for the first NVIDIA GPU, or cuda:N for another, numbered from 0; cpu by default.",
        HelpName = "cpu|cuda",
        CustomParser = result => Parse(result.Tokens[0].Value)
            ?? Options.Report<DeviceChoice?>(result, $"There is no device '{result.Tokens[0].Value}': it is cpu, cuda or cuda:N"),
    };

    /// <summary>The device.</summary>
    /// <exception cref="UserException">It is not there.</exception>
    public Device Find()
    {
        NativeLibraries.EnsureLoaded();
        if (!Cuda) return CPU;
        if (!cuda.is_available())
        {
            throw new UserException(
                $"{this} cannot be used here: it needs an NVIDIA GPU with its driver, and libtorch for CUDA, which -p:LumaBackend=cuda builds luma with on Linux and Windows; --device cpu does without");
        }
        var count = cuda.device_count();
        return Index < count
            ? new Device(DeviceType.CUDA, Index)
            : throw new UserException($"There is no {this}: {(count == 1 ? "there is one GPU, cuda:0" : $"there are {count} GPUs, cuda:0 to cuda:{count - 1}")}");
    }

    /// <inheritdoc/>
    public override string ToString() => Cuda ? string.Create(CultureInfo.InvariantCulture, $"cuda:{Index}") : "cpu";

    private static DeviceChoice? Parse(string text) => text.ToLowerInvariant().Split(':') switch
    {
        ["cpu"] => new(Cuda: false),
        ["cuda"] => new(Cuda: true),
        ["cuda", var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) => new(Cuda: true, index),
        _ => null,
    };
}
