using System.Globalization;
using System.Text.RegularExpressions;
using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Training;

/// <summary>Which of a network's parameters learn, from when on, and how.</summary>
internal sealed class ParameterPlan
{
    private const string Body = "body", Head = "head";

    private readonly NeuralModule network;
    private readonly TrainingOptions options;
    private readonly List<(string Name, Parameter Parameter)> parameters;
    private readonly string head;

    // The parameters that did not require gradients before: whoever froze them himself keeps them frozen.
    private readonly HashSet<string> alwaysFrozen;

    /// <summary>Makes a plan.</summary>
    /// <exception cref="ArgumentException">A pattern stands for no parameter, or nothing is left to learn.</exception>
    public ParameterPlan(NeuralModule network, TrainingOptions options)
    {
        (this.network, this.options) = (network, options);
        parameters = [.. network.named_parameters().Select(entry => (entry.name, entry.parameter))];
        alwaysFrozen = [.. parameters.Where(entry => !entry.Parameter.requires_grad).Select(entry => entry.Name)];
        head = ClassifierHead.FindLast(network) is { } last ? network.named_modules().First(entry => ReferenceEquals(entry.module, last)).name : "";
        foreach (var pattern in options.Freeze.Concat(options.Unfreeze.Select(entry => entry.Pattern)).Concat(options.Rules.Select(rule => rule.Pattern)))
        {
            if (!parameters.Exists(entry => Matches(pattern, entry.Name))) throw new ArgumentException(NoMatch(pattern), nameof(options));
        }
        if (!parameters.Exists(entry => LearnsAtSomeTime(entry.Name)))
            throw new ArgumentException("All of the network's parameters are frozen: there is nothing to learn.", nameof(options));
        if (Groups().FirstOrDefault(group => group.LearningRate > float.MaxValue) is { } fast)
        {
            throw new ArgumentException(
                $"With its rule a learning rate would be {fast.LearningRate.ToString(CultureInfo.InvariantCulture)}, which does not fit 32-bit floats: lower the factor.", nameof(options));
        }
    }

    /// <summary>Sets which parameters require gradients in an epoch.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    public void Begin(int epoch)
    {
        foreach (var (name, parameter) in parameters)
        {
            var learns = Learns(name, epoch);
            if (parameter.requires_grad == learns) continue;
            parameter.requires_grad = learns;
            if (!learns) parameter.grad = null;
        }
    }

    /// <summary>Sets back which parameters require gradients.</summary>
    public void End()
    {
        foreach (var (name, parameter) in parameters) parameter.requires_grad = !alwaysFrozen.Contains(name);
    }

    /// <summary>Whether other parameters learn in an epoch than in the one before.</summary>
    public bool ChangesAt(int epoch) => epoch > 1 && parameters.Exists(entry => Learns(entry.Name, epoch) != Learns(entry.Name, epoch - 1));

    /// <summary>The parameters that learn at some time, in groups with the same learning rate and weight decay, in the network's order.</summary>
    public IReadOnlyList<ParameterGroup> Groups()
    {
        var norms = options.DecayNormsAndBiases ? [] : NormParameters();
        var layers = parameters.Select(entry => LayerOf(entry.Name)).Distinct().ToList();
        return
        [
            .. parameters.Where(entry => LearnsAtSomeTime(entry.Name))
                .Select(entry => (entry.Parameter, Rate: RateOf(entry.Name, layers), Decay: DecayOf(entry.Name, norms)))
                .GroupBy(entry => (entry.Rate, entry.Decay))
                .Select(group => new ParameterGroup([.. group.Select(entry => entry.Parameter)], group.Key.Rate, group.Key.Decay)),
        ];
    }

    private bool Learns(string name, int epoch) => !alwaysFrozen.Contains(name)
        && (!options.Freeze.Any(pattern => Matches(pattern, name)) || options.Unfreeze.Any(entry => entry.Epoch <= epoch && Matches(entry.Pattern, name)));

    // What has begun to learn goes on.
    private bool LearnsAtSomeTime(string name) => Learns(name, options.Epochs);

    private bool Matches(string pattern, string name) => pattern switch
    {
        Body => !IsOf(head, name),
        Head => IsOf(head, name),
        _ when !pattern.Contains('*', StringComparison.Ordinal) => IsOf(pattern, name),
        _ => Regex.IsMatch(name, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}(\\..*)?$", RegexOptions.CultureInvariant),
    };

    // A parameter itself, or one of a module below.
    private static bool IsOf(string module, string name) =>
        name == module || (name.StartsWith(module, StringComparison.Ordinal) && name.Length > module.Length && name[module.Length] == '.');

    private double RateOf(string name, List<string> layers)
    {
        var rate = options.Optimizer.LearningRate;
        if (options.LayerDecay < 1) rate *= Math.Pow(options.LayerDecay, layers.Count - 1 - layers.IndexOf(LayerOf(name)));
        return options.Rules.LastOrDefault(rule => Matches(rule.Pattern, name)) is { } rule ? rate * rule.LearningRateFactor : rate;
    }

    private double DecayOf(string name, HashSet<string> norms) =>
        options.Rules.LastOrDefault(rule => rule.WeightDecay is not null && Matches(rule.Pattern, name))?.WeightDecay
        ?? (norms.Contains(name) ? 0 : options.Optimizer.WeightDecay);

    private HashSet<string> NormParameters()
    {
        var modules = network.named_modules().ToDictionary(entry => entry.name, entry => entry.module);
        return
        [
            .. parameters.Where(entry => entry.Name.EndsWith("bias", StringComparison.Ordinal)
                    || (modules.TryGetValue(entry.Name[..Math.Max(0, entry.Name.LastIndexOf('.'))], out var module) && IsNorm(module)))
                .Select(entry => entry.Name),
        ];
    }

    private static bool IsNorm(nn.Module module) => module is BatchNorm or LayerNorm or LayerNorm2D;

    // A layer in the sense of depth: the module path up to the first part with a number, such as layer3, features.4 or
    // encoder.layers.encoder_layer_7; without a number the module itself.
    private static string LayerOf(string name)
    {
        var parts = name.Split('.')[..^1];
        var numbered = Array.FindIndex(parts, part => part.AsSpan().ContainsAnyInRange('0', '9'));
        return string.Join('.', numbered < 0 ? parts : parts[..(numbered + 1)]);
    }

    private string NoMatch(string pattern)
    {
        var modules = parameters.Select(entry => entry.Name.Split('.')[0]).Distinct().ToList();
        var nearest = NearestNames.To(pattern.Split('.')[0].Replace("*", "", StringComparison.Ordinal), modules);
        return
            $"'{pattern}' stands for none of the network's parameters. Expected body, head, or a module such as {string.Join(", ", (nearest.Length > 0 ? nearest : modules.Take(5)).Select(name => $"'{name}'"))}.";
    }
}
