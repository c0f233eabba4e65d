using Luma.Neural.Native;

namespace Luma.Neural;

/// <summary>What <see cref="Layer"/> and <see cref="Block"/> have in common: a tensor in, a tensor out, and PyTorch's state dict.</summary>
public abstract class NeuralModule : nn.Module<Tensor, Tensor>
{
    private protected NeuralModule(string name) : base(AfterLoading(name))
    {
    }

    /// <summary>
    /// The version of this module's part of the state dict, which PyTorch writes into files beside the tensors: Python's modules go by
    /// it when they load older files, and torchvision's MNASNet loads none without it. PyTorch's is 1 where a module says nothing.
    /// </summary>
    public int StateVersion { get; init; } = 1;

    /// <summary>
    /// The parameters and buffers by name, in PyTorch's order: a module's own parameters, its own buffers, then its children.
    /// </summary>
    /// <param name="destination">A dictionary to add to, or null for a new one.</param>
    /// <param name="prefix">What to put before every name, without the dot, or null.</param>
    /// <returns>The dictionary, whose tensors are the module's own.</returns>
    // TorchSharp lists all parameters of the whole tree before the first buffer.
    public sealed override Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
    {
        destination ??= [];
        foreach (var (name, parameter) in named_parameters(recurse: false))
            destination.TryAdd(Join(prefix, name), parameter);
        foreach (var (name, buffer) in named_buffers(recurse: false, include_nonpersistent: false))
            destination.TryAdd(Join(prefix, name), buffer);
        foreach (var (name, child) in named_children())
            child.state_dict(destination, Join(prefix, name));
        return destination;

        static string Join(string? prefix, string name) => string.IsNullOrEmpty(prefix) ? name : $"{prefix}.{name}";
    }

    /// <summary>The modules below this one by name, in PyTorch's order: each is followed by its own children.</summary>
    /// <returns>Names, with dots between the levels, and modules.</returns>
    // TorchSharp lists a level before the next. Initialisation goes by this order, and with it the seeded weights.
    public sealed override IEnumerable<(string name, nn.Module module)> named_modules()
    {
        foreach (var (name, child) in named_children())
        {
            yield return (name, child);
            foreach (var (rest, module) in child.named_modules()) yield return ($"{name}.{rest}", module);
        }
    }

    /// <summary>Registers a parameter that this module owns and returns it.</summary>
    /// <param name="name">PyTorch's name for it.</param>
    /// <param name="value">The values; the tensor is taken over.</param>
    /// <returns>The parameter.</returns>
    /// <remarks>
    /// <c>to(dtype)</c> and <c>to(device)</c> replace parameters: keep it in a field of exactly this name (or with TorchSharp's
    /// <c>ComponentName</c> attribute), which TorchSharp then replaces as well.
    /// </remarks>
    protected Parameter RegisterParameter(string name, Tensor value)
    {
        var parameter = new Parameter(value);
        parameter.DetachFromDisposeScope();
        register_parameter(name, parameter);
        return parameter;
    }

    /// <summary>Registers a buffer that this module owns and returns it.</summary>
    /// <param name="name">PyTorch's name for it.</param>
    /// <param name="value">The values; the tensor is taken over.</param>
    /// <param name="persistent">Whether it is part of the state dict.</param>
    /// <returns>The buffer.</returns>
    /// <remarks>See <see cref="RegisterParameter"/> for the field that keeps it.</remarks>
    protected Tensor RegisterBuffer(string name, Tensor value, bool persistent = true)
    {
        value.DetachFromDisposeScope();
        register_buffer(name, value, persistent);
        return value;
    }

    // Runs before TorchSharp's constructor, which would load libtorch in its own way.
    private static string AfterLoading(string name)
    {
        NativeLibraries.EnsureLoaded();
        return name;
    }

    /// <summary>The exception for an input of the wrong shape.</summary>
    /// <param name="expected">The shape that was expected, such as <c>(N, 3, H, W)</c>.</param>
    /// <param name="input">The input that came.</param>
    /// <returns>The exception to throw.</returns>
    protected InputShapeException InputMismatch(string expected, Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new($"{this}: expected {expected}, got ({string.Join(", ", input.shape)})");
    }
}

/// <summary>A tensor does not have a shape that the layer or network takes.</summary>
/// <param name="message">Which layer, what it expected and what came.</param>
public sealed class InputShapeException(string message) : ArgumentException(message);
