using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>The versions of modules, PyTorch's _metadata: see scripts/goldens_versions.py.</summary>
public class VersionTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly Dictionary<string, ModelGolden.KeyList> Goldens = JsonSerializer.Deserialize<Dictionary<string, ModelGolden.KeyList>>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "versions.json")), Json)!;

    // A dictionary as PyTorch writes it: one tensor, and the attribute after it.
    private static byte[] WithVersions(string tensor, params string[] modules) => Assembly.Zip(
        Assembly.Pickle(
            Assembly.Global("collections", "OrderedDict"), ")R", Assembly.Text(tensor), Assembly.Tensor(Assembly.Storage("0", 1), 0, [1], [1]), 's',
            '}', Assembly.Text("_metadata"), Assembly.Global("collections", "OrderedDict"), ")R", '(',
            Assembly.Join([.. modules.Select((name, i) => Assembly.Join(Assembly.Text(name), '}', Assembly.Text("version"), Assembly.Number(i + 1), 's'))]),
            "usb"),
        new byte[4]);

    public static TheoryData<string> Ids => [.. ModelZoo.Models.Select(model => model.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void A_networks_modules_have_pythons_versions(string id)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id);
        using var weights = StateDict.Of(network);

        var lines = string.Concat(weights.Versions.Where(pair => pair.Value != 1).Select(pair => $"{pair.Key} {pair.Value}\n"));

        Assert.Equal(Goldens[id], new(lines.Count(letter => letter == '\n'), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines)))));
    }

    [Fact]
    public void Versions_go_into_PyTorchs_format_and_come_out_of_it()
    {
        using var folder = new TemporaryFolder();
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create("mnasnet0_5");
        using var weights = StateDict.Of(network);

        weights.Save(folder.File("ours.pth"));
        weights.Save(folder.File("ours.safetensors"));
        using var zip = StateDict.Open(folder.File("ours.pth"));
        using var safetensors = StateDict.Open(folder.File("ours.safetensors"));

        Assert.Equal(2, weights.Versions[""]);
        Assert.Equal(weights.Versions, zip.Versions);
        Assert.Empty(safetensors.Versions);
    }

    [Fact]
    public void A_wrapped_networks_versions_are_found_under_its_own_names()
    {
        using var plain = StateDict.Read(WithVersions("0.weight", "", "0"), "plain");
        using var wrapped = StateDict.Read(WithVersions("module.0.weight", "", "module", "module.0"), "wrapped");

        Assert.Equal(new Dictionary<string, long> { [""] = 1, ["0"] = 2 }, plain.Versions);
        Assert.Equal(new Dictionary<string, long> { [""] = 2, ["0"] = 3 }, wrapped.Versions);
    }

    [Theory]
    [InlineData("the state is no dictionary", "K\u0001b")]
    [InlineData("_metadata is no dictionary", "}X\u0009\u0000\u0000\u0000_metadataK\u0001sb")]
    [InlineData("a module's facts are no dictionary", "}X\u0009\u0000\u0000\u0000_metadata}X\u0001\u0000\u0000\u0000aK\u0001ssb")]
    [InlineData("a version is no number", "}X\u0009\u0000\u0000\u0000_metadata}X\u0001\u0000\u0000\u0000a}X\u0007\u0000\u0000\u0000versionNsssb")]
    public void What_is_no_version_is_left_alone(string what, string state)
    {
        var pickle = Assembly.Pickle('}', Assembly.Text("w"), Assembly.Tensor(Assembly.Storage("0", 1), 0, [1], [1]), 's', state);

        using var weights = StateDict.Read(Assembly.Zip(pickle, new byte[4]), what);

        Assert.Empty(weights.Versions);
        Assert.Equal(["w"], weights.Names);
    }

    // What PyTorch does not know of a state dict that has no versions, torchvision's MNASNet refuses to load.
    [PythonFact("torch", "torchvision")]
    public void Python_finds_our_versions_and_loads_an_MNASNet()
    {
        using var folder = new TemporaryFolder();
        using var network = ModelZoo.Create("mnasnet0_5");
        using (var weights = StateDict.Of(network)) weights.Save(folder.File("ours.pth"));

        var (code, output, error) = Python.Run(Python.With("torch", "torchvision")!, """
            import inspect, sys, torch, torchvision
            safe = {"weights_only": True} if "weights_only" in inspect.signature(torch.load).parameters else {}
            model = torchvision.models.mnasnet0_5()
            model.load_state_dict(torch.load(sys.argv[1], **safe))
            ours, theirs = (torch.load(sys.argv[1], **safe)._metadata, model.state_dict()._metadata)
            print(all(ours[name] == theirs[name] for name, module in model.named_modules() if module._parameters), len(ours) > 100)
            """, folder.File("ours.pth"));

        Assert.True(code == 0, error);
        Assert.Equal("True True", output.Trim());
    }
}
