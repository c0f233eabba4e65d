using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Export.TorchScript;

/// <summary>What a tensor is to the module that has it.</summary>
internal enum ScriptAttribute
{
    /// <summary>A parameter.</summary>
    Parameter,

    /// <summary>A buffer, which is in the state dict as well.</summary>
    Buffer,

    /// <summary>A tensor that only the module's own code knows.</summary>
    Plain,
}

/// <summary>A module of a TorchScript archive: a class of its own, with tensors and further modules as its attributes.</summary>
internal sealed partial class ScriptModule
{
    private readonly List<(string Name, TensorEntry Tensor, ScriptAttribute Kind)> tensors = [];
    private readonly List<(string Name, ScriptModule Module)> children = [];

    private ScriptModule(string type) => Type = type;

    /// <summary>The class's name; its full name has <c>__torch__.</c> before it.</summary>
    public string Type { get; }

    /// <summary>Makes the modules that tensors by their names belong to: <c>layer1.0.conv1.weight</c> is in the fourth.</summary>
    /// <param name="type">The name of the outermost class.</param>
    /// <param name="attributes">The tensors.</param>
    /// <param name="kindOf">What each of them is.</param>
    /// <returns>The outermost module.</returns>
    public static ScriptModule Of(string type, StateDict attributes, Func<string, ScriptAttribute> kindOf)
    {
        var root = new ScriptModule(type);
        var modules = new Dictionary<string, ScriptModule> { [""] = root };
        var types = new HashSet<string> { type };
        foreach (var entry in attributes.Entries)
        {
            var (path, name) = Split(entry.Name);
            Find(path).tensors.Add((name, entry, kindOf(entry.Name)));
        }
        return root;

        ScriptModule Find(string path)
        {
            if (modules.TryGetValue(path, out var module)) return module;

            var (outer, name) = Split(path);
            var typeName = NotOfIdentifiers().Replace($"{type}_{path}", "_");
            while (!types.Add(typeName)) typeName += "_";
            module = modules[path] = new(typeName);
            Find(outer).children.Add((name, module));
            return module;
        }
    }

    /// <summary>How code reads an attribute of the outermost module or of one within it.</summary>
    /// <param name="name">Its name, such as <c>layer1.0.conv1.weight</c>.</param>
    /// <returns>An expression.</returns>
    public static string Access(string name) => name.Split('.').Aggregate(
        "self", (owner, part) => IsIdentifier(part) ? $"{owner}.{part}" : $"getattr({owner}, \"{part}\")");

    /// <summary>Writes the classes.</summary>
    /// <param name="code">Gets them.</param>
    /// <param name="methods">The methods of the outermost, indented.</param>
    public void WriteClasses(StringBuilder code, string methods)
    {
        foreach (var (_, child) in children) child.WriteClasses(code, "");

        code.Append(CultureInfo.InvariantCulture, $"class {Type}(Module):\n");
        code.Append(CultureInfo.InvariantCulture, $"  __parameters__ = [{Names(ScriptAttribute.Parameter)}]\n  __buffers__ = [{Names(ScriptAttribute.Buffer)}]\n");
        // Names that are none in Python stand in quotes.
        code.Append("  __annotations__ = []\n");
        foreach (var (name, _, _) in tensors) Declare(name, "Tensor");
        Declare("training", "bool");
        foreach (var (name, child) in children) Declare(name, $"__torch__.{child.Type}");
        code.Append(methods);

        string Names(ScriptAttribute kind) => string.Concat(tensors.Where(tensor => tensor.Kind == kind).Select(tensor => $"\"{tensor.Name}\", "));

        void Declare(string name, string type) => code.Append(IsIdentifier(name) ? $"  {name} : {type}\n" : $"  __annotations__[\"{name}\"] = {type}\n");
    }

    /// <summary>Writes the module with all that it has into a pickle.</summary>
    public void WriteState(PickleWriter pickle, TorchRecords records)
    {
        pickle.WriteGlobal("__torch__", Type);
        pickle.Write(Opcode.EmptyTuple);
        pickle.Write(Opcode.NewObj);
        pickle.Write(Opcode.EmptyDict);
        pickle.Write(Opcode.Mark);
        foreach (var (name, tensor, _) in tensors)
        {
            pickle.Write(name);
            records.WriteTensor(pickle, tensor);
        }
        pickle.Write("training");
        pickle.Write(Opcode.NewFalse);
        foreach (var (name, child) in children)
        {
            pickle.Write(name);
            child.WriteState(pickle, records);
        }
        pickle.Write(Opcode.SetItems);
        pickle.Write(Opcode.Build);
    }

    private static (string Path, string Name) Split(string name) =>
        name.LastIndexOf('.') is >= 0 and var dot ? (name[..dot], name[(dot + 1)..]) : ("", name);

    private static bool IsIdentifier(string name) => Identifiers().IsMatch(name) && !Keywords.Contains(name);

    private static readonly HashSet<string> Keywords =
    [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
        "while", "with", "yield",
    ];

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Identifiers();

    [GeneratedRegex("[^A-Za-z0-9_]")]
    private static partial Regex NotOfIdentifiers();
}
