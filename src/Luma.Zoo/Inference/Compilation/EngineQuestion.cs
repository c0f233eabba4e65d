using System.Globalization;
using System.IO.Hashing;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Luma.Neural.Observation;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>What it depends on which engine is fastest.</summary>
internal static class EngineQuestion
{
    /// <summary>Puts it into words.</summary>
    /// <param name="graph">What the network computes, with the shape of the images.</param>
    /// <param name="batch">How many images there are at a time.</param>
    /// <param name="candidates">Who takes part, with their releases and types.</param>
    public static string Of(Graph graph, long batch, IEnumerable<string> candidates) => string.Create(
        CultureInfo.InvariantCulture,
        $"network {Hash(graph)}; batch {batch}; {get_num_threads()} threads; {Processor()}; Luma.Zoo {Release()}; {string.Join("; ", candidates.Order(StringComparer.Ordinal))}");

    // Operations are records, whose text has every attribute. The names of weights do not matter.
    private static string Hash(Graph graph)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{graph.ShapeOf(Graph.Input)} {graph.Output}\n");
        foreach (var constant in graph.Constants) text.Append(CultureInfo.InvariantCulture, $"{constant.Value} {constant.Tensor.dtype} {graph.ShapeOf(constant.Value)}\n");
        foreach (var node in graph.Nodes)
            text.Append(CultureInfo.InvariantCulture, $"{node.Operation} ({string.Join(", ", node.Inputs)}) {node.Output} {graph.ShapeOf(node.Output)}\n");
        return $"{XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(text.ToString())):x32}";
    }

    private static string Release() =>
        typeof(EngineQuestion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    // Virtual machines hide the name of their processor, and not what it can.
    private static string Processor()
    {
        var known = X86Base.IsSupported ? $"{Brand()}, features {Features()}" : RuntimeInformation.ProcessArchitecture.ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{known}, {Environment.ProcessorCount} processors");
    }

    // As the manuals of Intel and AMD define it: 48 letters in three leaves.
    private static string Brand()
    {
        const int First = unchecked((int)0x80000002), Leaves = 3;
        var registers = new int[4 * Leaves];
        for (var leaf = 0; leaf < Leaves; leaf++)
        {
            (registers[4 * leaf], registers[(4 * leaf) + 1], registers[(4 * leaf) + 2], registers[(4 * leaf) + 3]) = X86Base.CpuId(First + leaf, 0);
        }
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes<int>(registers)).TrimEnd('\0').Trim();
    }

    private static string Features()
    {
        var (_, basics, more, most) = X86Base.CpuId(7, 0);
        return $"{basics:x8}{more:x8}{most:x8}{X86Base.CpuId(7, 1).Eax:x8}";
    }
}
