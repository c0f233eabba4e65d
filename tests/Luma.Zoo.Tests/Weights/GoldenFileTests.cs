using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

public class GoldenFileTests
{
    public static TheoryData<string, string> Readable => Files(refused: false);

    public static TheoryData<string, string> Refused => Files(refused: true);

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_file_of_Python_holds_what_Python_finds_in_it(string archive, string file)
    {
        var golden = Golden.Expected(archive, file);
        var expected = golden.GetProperty("tensors").EnumerateArray().Select(tensor => new TensorContent(
            tensor.GetProperty("name").GetString()!, tensor.GetProperty("dtype").GetString()!,
            string.Join(", ", tensor.GetProperty("shape").EnumerateArray()), tensor.GetProperty("bytes").GetString()!));

        using var weights = StateDict.Read(Golden.Bytes(archive, file), file, Golden.Options(archive, file));
        var actual = TensorContent.All(weights);

        // safetensors' own writer sorts the names.
        var unordered = golden.TryGetProperty("unordered", out _);
        Assert.Equal(unordered ? expected.OrderBy(tensor => tensor.Name) : expected, unordered ? actual.OrderBy(tensor => tensor.Name) : actual);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_file_that_is_not_read_is_refused_with_the_reason(string archive, string file)
    {
        var error = Assert.Throws<WeightFileException>(() => StateDict.Read(Golden.Bytes(archive, file), file, Golden.Options(archive, file)));

        Assert.Contains(Golden.Expected(archive, file).GetProperty("refusal").GetString()!, error.Message, StringComparison.Ordinal);
        Assert.Equal(file, error.File);
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_file_holds_the_same_whether_it_is_read_into_memory_or_mapped(string archive, string file)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File(file), Golden.Bytes(archive, file));
        var options = Golden.Options(archive, file);
        using var bytes = StateDict.Read(Golden.Bytes(archive, file), file, options);
        var expected = TensorContent.All(bytes);

        using var read = StateDict.Open(folder.File(file), options);
        using var mapped = StateDict.Open(folder.File(file), options with { Map = true });

        Assert.Equal(expected, TensorContent.All(read));
        Assert.Equal(expected, TensorContent.All(mapped));
        Assert.Equal(bytes.Selection.ToString(), mapped.Selection.ToString());
        Assert.DoesNotContain('\n', bytes.Selection.ToString());
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void What_is_written_is_what_was_read(string archive, string file)
    {
        using var folder = new TemporaryFolder();
        using var weights = StateDict.Read(Golden.Bytes(archive, file), file, Golden.Options(archive, file));
        var expected = TensorContent.All(weights);

        var zip = folder.File("copy.pth");
        weights.Save(zip);
        using var fromZip = StateDict.Open(zip);
        Assert.Equal(WeightFormat.TorchZip, fromZip.Format);
        Assert.Equal(expected, TensorContent.All(fromZip));
        Assert.Equal(weights.Versions, fromZip.Versions);

        var safe = folder.File("copy.safetensors");
        if (weights.Entries.Any(entry => entry.DType is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64))
        {
            Assert.Throws<NotSupportedException>(() => weights.Save(safe));
            Assert.Equal(["copy.pth"], folder.Names);
            return;
        }
        weights.Save(safe);
        using var fromSafe = StateDict.Open(safe);
        Assert.Equal(WeightFormat.Safetensors, fromSafe.Format);
        Assert.Equal(expected, TensorContent.All(fromSafe));
        Assert.Equal(["copy.pth", "copy.safetensors"], folder.Names);
    }

    private static TheoryData<string, string> Files(bool refused)
    {
        var data = new TheoryData<string, string>();
        foreach (var (archive, file) in Golden.Files)
        {
            if (Golden.IsRefused(archive, file) == refused) data.Add(archive, file);
        }
        return data;
    }
}
