using Modules = TorchSharp.Modules;

namespace Luma.Zoo.Training;

/// <summary>What an optimiser remembers of a parameter from step to step, as named tensors.</summary>
internal static class OptimizerMemory
{
    private const string StepSlot = "step", BytesSlot = "bytes";

    /// <summary>Whether it can be read: an optimiser that does not derive from TorchSharp's <c>OptimizerHelper</c> keeps it to itself.</summary>
    public static bool CanRead(optim.Optimizer optimizer) => optimizer is Modules.OptimizerHelper;

    /// <summary>Reads it.</summary>
    /// <param name="optimizer">The optimiser.</param>
    /// <param name="names">The parameters' names, in the order of its groups.</param>
    /// <returns>The tensors, named <c>parameter/slot</c>. They are the optimiser's own but for the counts, which are in the caller's dispose scope.</returns>
    public static IEnumerable<KeyValuePair<string, Tensor>> Read(optim.Optimizer optimizer, IReadOnlyList<string> names)
    {
        if (optimizer is not Modules.OptimizerHelper known) yield break;
        foreach (var (place, state) in known.state_dict().State.Index())
        {
            foreach (var (slot, value) in Slots(state))
            {
                if (value is not null) yield return KeyValuePair.Create($"{names[place]}/{slot}", value);
            }
        }
    }

    /// <summary>Puts it back.</summary>
    /// <param name="optimizer">The optimiser, which has taken no step.</param>
    /// <param name="parameters">The parameters and their names, in the order of its groups.</param>
    /// <param name="find">Finds a tensor by its name; null where there is none. It becomes the optimiser's.</param>
    public static void Write(optim.Optimizer optimizer, IReadOnlyList<(string Name, Parameter Parameter)> parameters, Func<string, Tensor?> find)
    {
        if (optimizer is not Modules.OptimizerHelper known) return;
        using var ungraded = no_grad();
        foreach (var (place, state) in known.state_dict().State.Index())
        {
            var (name, parameter) = parameters[place];
            Tensor? Take(string slot)
            {
                if (find($"{name}/{slot}") is not { } saved) return null;
                // In the parameter's own order in memory.
                var value = empty_like(parameter).DetachFromDisposeScope();
                value.copy_(saved);
                saved.Dispose();
                return value;
            }

            long Count()
            {
                using var saved = find($"{name}/{StepSlot}");
                return saved?.item<long>() ?? 0;
            }

            switch (state)
            {
                case Modules.SGD.State sgd:
                    sgd.momentum_buffer = Take("momentum_buffer");
                    break;
                case Modules.Adam.State adam:
                    (adam.step, adam.exp_avg, adam.exp_avg_sq) = (Count(), Taken(adam.exp_avg, "exp_avg"), Taken(adam.exp_avg_sq, "exp_avg_sq"));
                    break;
                case Modules.AdamW.State adam:
                    (adam.step, adam.exp_avg, adam.exp_avg_sq) = (Count(), Taken(adam.exp_avg, "exp_avg"), Taken(adam.exp_avg_sq, "exp_avg_sq"));
                    break;
                case Modules.RMSProp.State rms:
                    (rms.step, rms.square_avg) = (Count(), Taken(rms.square_avg, "square_avg"));
                    if (Take("momentum_buffer") is { } buffer)
                    {
                        rms.momentum_buffer?.Dispose();
                        rms.momentum_buffer = buffer;
                    }
                    break;
                default:
                    using (var saved = find($"{name}/{BytesSlot}"))
                    {
                        if (saved is null) break;
                        using var reader = new BinaryReader(new MemoryStream(saved.bytes.ToArray()));
                        state.LoadStateDict(reader);
                    }
                    break;
            }

            Tensor Taken(Tensor old, string slot)
            {
                if (Take(slot) is not { } value) return old;
                old.Dispose();
                return value;
            }
        }
    }

    private static IEnumerable<(string Slot, Tensor? Value)> Slots(Modules.OptimizerState state) => state switch
    {
        Modules.SGD.State sgd => [("momentum_buffer", sgd.momentum_buffer)],
        Modules.Adam.State adam => [(StepSlot, tensor(adam.step)), ("exp_avg", adam.exp_avg), ("exp_avg_sq", adam.exp_avg_sq)],
        Modules.AdamW.State adam => [(StepSlot, tensor(adam.step)), ("exp_avg", adam.exp_avg), ("exp_avg_sq", adam.exp_avg_sq)],
        Modules.RMSProp.State rms => [(StepSlot, tensor(rms.step)), ("square_avg", rms.square_avg), ("momentum_buffer", rms.momentum_buffer)],
        _ => [(BytesSlot, Packed(state))],
    };

    // An optimiser of somebody's own keeps what it likes, in its own form.
    private static Tensor Packed(Modules.OptimizerState state)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true)) state.SaveStateDict(writer);
        return tensor(stream.ToArray(), ScalarType.Byte);
    }
}
