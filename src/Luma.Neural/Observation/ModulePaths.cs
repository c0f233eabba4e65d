
namespace Luma.Neural.Observation;

/// <summary>Where the layers and blocks of a network are registered: under which names, one after the other.</summary>
internal sealed class ModulePaths
{
    private readonly Dictionary<nn.Module, List<string>> paths = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, nn.Module> modules = [];

    public ModulePaths(NeuralModule network)
    {
        var waiting = new Stack<(string Path, nn.Module Module)>([("", network)]);
        while (waiting.TryPop(out var next))
        {
            modules[next.Path] = next.Module;
            if (!paths.TryGetValue(next.Module, out var known)) paths[next.Module] = known = [];
            known.Add(next.Path);

            foreach (var (name, child) in next.Module.named_children().Reverse()) waiting.Push((Join(next.Path, name), child));
        }
    }

    /// <summary>The path of a module, of several the one below <paramref name="owner"/>; null where it is not registered.</summary>
    public string? Find(NeuralModule module, string owner)
    {
        if (!paths.TryGetValue(module, out var known)) return null;

        return known.Find(path => IsBelow(path, owner)) ?? known[0];
    }

    /// <summary>The blocks on the way from <paramref name="owner"/> down to <paramref name="path"/>, the outermost first.</summary>
    public IEnumerable<(NeuralModule Module, string Path)> Between(string owner, string? path)
    {
        if (path is null || !IsBelow(path, owner)) yield break;

        for (var dot = path.IndexOf('.', owner.Length + 1); dot >= 0; dot = path.IndexOf('.', dot + 1))
        {
            if (modules[path[..dot]] is NeuralModule module) yield return (module, path[..dot]);
        }
    }

    private static bool IsBelow(string path, string owner) =>
        path.Length > owner.Length && path.StartsWith(owner, StringComparison.Ordinal) && (owner.Length == 0 || path[owner.Length] == '.');

    private static string Join(string owner, string name) => owner.Length == 0 ? name : $"{owner}.{name}";
}
