using System.Text;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Export.TorchScript;

/// <summary>
/// What <c>torch.jit.load</c> reads: a zip of code in TorchScript, a pickle of the module with its tensors, and records with their bytes.
/// </summary>
/// <param name="attributes">The module's tensors, under the names that they have in a state dict.</param>
/// <param name="kindOf">What each of them is.</param>
/// <param name="constants">Tensors that belong to the code: <c>CONSTANTS.c0</c>, <c>CONSTANTS.c1</c>, and so on.</param>
/// <param name="methods">The module's methods in TorchScript, indented by two; <c>self</c> is of <see cref="Type"/>.</param>
internal sealed class TorchScriptArchive(StateDict attributes, Func<string, ScriptAttribute> kindOf, StateDict constants, string methods)
{
    private const string Folder = "archive/", ModuleType = "Model";

    /// <summary>The full name of the module's class.</summary>
    public const string Type = $"__torch__.{ModuleType}";

    /// <summary>Writes the archive.</summary>
    /// <param name="output">The file.</param>
    public void Write(WeightOutput output)
    {
        var root = ScriptModule.Of(ModuleType, attributes, kindOf);
        var (records, constantRecords) = (new TorchRecords(attributes), new TorchRecords(constants));
        var archive = new ZipWriter(output.Stream);

        var state = new PickleWriter();
        root.WriteState(state, records);
        archive.Add(Folder + "data.pkl", state.Finish().Span);

        var code = new StringBuilder();
        root.WriteClasses(code, methods);
        archive.Add(Folder + "code/__torch__.py", Encoding.UTF8.GetBytes(code.ToString()));

        var list = new PickleWriter();
        list.Write(Opcode.Mark);
        foreach (var entry in constants.Entries) constantRecords.WriteTensor(list, entry);
        list.Write(Opcode.Tuple);
        archive.Add(Folder + "constants.pkl", list.Finish().Span);

        archive.Add(Folder + "byteorder", "little"u8);
        records.Write(archive, Folder + "data/", output);
        constantRecords.Write(archive, Folder + "constants/", output);
        // The operators as PyTorch has had them since 1.12.
        archive.Add(Folder + "version", "10\n"u8);
        archive.Finish();
    }
}
