using Luma.Zoo.Weights;

namespace Luma.Zoo.Cli;

/// <summary>A weight file that a command is to write at its end.</summary>
internal static class WeightTarget
{
    /// <summary>Refuses a file that cannot be written: better now than after an hour's work.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The format that its name asks for.</returns>
    /// <exception cref="UserException">It cannot be written.</exception>
    public static WeightFormat Check(string path)
    {
        var format = path.Length == 0 || Directory.Exists(path) ? default : FormatOf(path);
        FileTarget.Check(path);
        return format;
    }

    private static WeightFormat FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => WeightFormat.Safetensors,
        ".pth" or ".pt" or ".bin" => WeightFormat.TorchZip,
        _ => throw new UsageException($"{path}: its name must end in .safetensors, .pth, .pt or .bin, which says the format to write"),
    };
}
