namespace Luma.Neural;

/// <summary>
/// Which modules of a network are in training mode; they are again when this is disposed of. Layers may have been set to evaluation one
/// by one, as in fine-tuning with frozen statistics: each gets back its own flag.
/// </summary>
internal sealed class ModuleModes : IDisposable
{
    private readonly List<nn.Module> modules;
    private readonly HashSet<nn.Module> training;

    public ModuleModes(NeuralModule network)
    {
        modules = [network, .. network.modules()];
        training = new(modules.Where(module => module.training), ReferenceEqualityComparer.Instance);
    }

    /// <summary>Sets the whole network to evaluation mode.</summary>
    public void Evaluate()
    {
        if (modules.Exists(module => module.training)) modules[0].eval();
    }

    /// <summary>
    /// Sets the network to training mode, but for what is frozen: layers of a network in training that had been set to evaluation, and
    /// modules that have parameters of which none is trained, with all that is below them.
    /// </summary>
    public void Train()
    {
        var frozen = new HashSet<nn.Module>(ReferenceEqualityComparer.Instance);
        foreach (var module in modules)
        {
            if (!IsFrozen(module)) continue;
            frozen.Add(module);
            foreach (var below in module.modules()) frozen.Add(below);
        }
        Set(module => (!training.Contains(modules[0]) || training.Contains(module)) && !frozen.Contains(module));
    }

    public void Dispose() => Set(training.Contains);

    private static bool IsFrozen(nn.Module module)
    {
        var any = false;
        foreach (var parameter in module.parameters())
        {
            if (parameter.requires_grad) return false;
            any = true;
        }
        return any;
    }

    // train() reaches all descendants: a module's own flag is set after those of whatever holds it.
    private void Set(Predicate<nn.Module> trains)
    {
        foreach (var module in modules)
        {
            var wanted = trains(module);
            if (module.training != wanted) module.train(wanted);
        }
    }
}
