using Luma.Neural.Operations;

namespace Luma.Neural.Observation;

/// <summary>Numbers the tensors of a forward pass, and notes which operation made which of them of which others.</summary>
internal sealed class GraphRecorder : IForwardObserver
{
    private readonly ModulePaths paths;
    private readonly Dictionary<int, Integers> shapes = [];
    private readonly Dictionary<Tensor, string> names = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Tensor, int> values = new(ReferenceEqualityComparer.Instance);
    private readonly List<GraphNode> nodes = [];
    private readonly List<GraphConstant> constants = [];
    private readonly Stack<string> modules = new();

    // Values that may lie on the same memory bear the same number here; those that were overwritten are not to be read again.
    private readonly Dictionary<int, int> memories = [];
    private readonly HashSet<int> overwritten = [];

    public GraphRecorder(NeuralModule network, Tensor input)
    {
        paths = new(network);
        foreach (var (name, parameter) in network.named_parameters()) names.TryAdd(parameter, name);
        foreach (var (name, buffer) in network.named_buffers(include_nonpersistent: true)) names.TryAdd(buffer, name);
        NewValue(input, memory: null);
    }

    public void Entered(NeuralModule module, Tensor input) =>
        modules.Push(modules.TryPeek(out var owner) ? paths.Find(module, owner) ?? owner : "");

    public void Left(NeuralModule module, Tensor input, Tensor output) => modules.Pop();

    public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output)
    {
        var numbers = new int?[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is not { } tensor) continue;

            var number = Find(tensor, operation);
            if (overwritten.Contains(number)) throw Unseen(operation, "reads what an operation in place has overwritten");
            numbers[i] = number;
        }

        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] is not { } number || !operation.Overwrites(i)) continue;
            foreach (var (value, memory) in memories)
            {
                if (memory == memories[number]) overwritten.Add(value);
            }
        }

        int? shared = operation.MayShareMemory() && numbers is [{ } first, ..] ? memories[first] : null;
        nodes.Add(new(operation, numbers, NewValue(output, shared), modules.TryPeek(out var module) ? module : ""));
    }

    public Graph Finish(Tensor output) => values.TryGetValue(output, out var number)
        ? new(shapes, nodes, constants, number)
        : throw new InvalidOperationException("The network's output was made by no operation: compute it by Ops, so that it can be recorded.");

    private int Find(Tensor tensor, Operation operation)
    {
        if (values.TryGetValue(tensor, out var number)) return number;
        if (!names.TryGetValue(tensor, out var name))
            throw Unseen(operation, "reads a tensor that is no parameter, no buffer and no output of an operation");

        number = NewValue(tensor, memory: null);
        constants.Add(new(number, name, tensor));
        return number;
    }

    private int NewValue(Tensor tensor, int? memory)
    {
        var number = values.Count;
        values.Add(tensor, number);
        shapes.Add(number, tensor.shape);
        memories.Add(number, memory ?? number);
        return number;
    }

    private InvalidOperationException Unseen(Operation operation, string what) => new(
        $"{operation.GetType().Name} in {(modules.TryPeek(out var module) && module.Length > 0 ? $"'{module}'" : "the network")} {what}: " +
        "compute it by Ops, so that it can be recorded.");
}
