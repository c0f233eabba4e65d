using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>What we write, Python loads: names in order, types, shapes and values to the bit.</summary>
public class PythonTests
{
    // Prints a line for each tensor as TensorContent has it. Files end in .pth or .safetensors.
    private const string Describe = """
        import json, sys, inspect
        import torch
        if sys.argv[1].endswith(".safetensors"):
            from safetensors.torch import load_file
            tensors = load_file(sys.argv[1])
        else:
            safe = {"weights_only": True} if "weights_only" in inspect.signature(torch.load).parameters else {}
            tensors = torch.load(sys.argv[1], **safe)
        for name, tensor in tensors.items():
            values = tensor.contiguous().reshape(-1)
            raw = bytes(values.view(torch.uint8).tolist()).hex() if tensor.numel() else ""
            print(json.dumps([name, str(tensor.dtype)[6:], ", ".join(map(str, tensor.shape)), raw]))
        """;

    private static Dictionary<string, Tensor> Values(bool complex)
    {
        var whole = randn(4, 6);
        var values = new Dictionary<string, Tensor>
        {
            ["z.weight"] = whole,
            ["a.tied"] = whole,
            ["turned"] = whole.t(),
            ["rows"] = whole[TensorIndex.Slice(1, 3)],
            ["expanded"] = tensor(2f).expand(3, 2),
            ["scalar"] = tensor(3L),
            ["empty"] = empty(0, 3),
            ["ä \"quoted\""] = ones(2),
        };
        foreach (var type in (ScalarType[])[float64, float16, bfloat16, int32, int16, int8, uint8, @bool])
            values[$"type {type}"] = (randn(3) * 50).to(type);
        if (complex) values["complex"] = randn(2, complex64);
        return values;
    }

    [PythonFact("torch")]
    public void Python_loads_our_zip_files_safely()
    {
        using var folder = new TemporaryFolder();
        var values = Values(complex: true);
        StateDict.Of(values).Save(folder.File("ours.pth"));

        Assert.Equal(values.Select(pair => TensorContent.Of(pair.Key, pair.Value)), Loaded(folder.File("ours.pth"), "torch"));
    }

    [PythonFact("torch", "safetensors")]
    public void Python_loads_our_safetensors()
    {
        using var folder = new TemporaryFolder();
        var values = Values(complex: false);
        StateDict.Of(values).Save(folder.File("ours.safetensors"));

        // safetensors' reader sorts the names.
        Assert.Equal(
            values.Select(pair => TensorContent.Of(pair.Key, pair.Value)).OrderBy(tensor => tensor.Name, StringComparer.Ordinal),
            Loaded(folder.File("ours.safetensors"), "torch", "safetensors").OrderBy(tensor => tensor.Name, StringComparer.Ordinal));
    }

    private static IEnumerable<TensorContent> Loaded(string path, params string[] modules)
    {
        var (code, output, error) = Python.Run(Python.With(modules)!, Describe, path);
        Assert.True(code == 0, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            var fields = System.Text.Json.JsonSerializer.Deserialize<string[]>(line)!;
            return new TensorContent(fields[0], fields[1], fields[2], fields[3]);
        });
    }
}
