using Luma.Zoo.Files;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Files;

public class ScratchTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public void A_file_is_read_as_it_was_written_and_then_gone()
    {
        string? name = null;
        byte[] bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)];

        var read = ScratchFile.Pass(
            stream =>
            {
                name = Assert.IsType<FileStream>(stream).Name;
                stream.Write(bytes);
                if (OperatingSystem.IsLinux()) Assert.False(File.Exists(name));
            },
            File.ReadAllBytes);

        Assert.Equal(bytes, read);
        Assert.False(File.Exists(name));
    }

    [Fact]
    public void What_fails_leaves_no_file()
    {
        string? name = null;

        Assert.Throws<InvalidDataException>(() => ScratchFile.Pass<int>(stream => name = ((FileStream)stream).Name, _ => throw new InvalidDataException()));

        Assert.False(File.Exists(name));
    }

    [Fact]
    public void A_folder_goes_with_its_files()
    {
        using var parent = new TemporaryFolder();
        using (var scratch = new ScratchFolder(parent.File("")))
        {
            File.WriteAllText(scratch["model"], "a");
            if (!OperatingSystem.IsWindows()) Assert.Equal(Private, File.GetUnixFileMode(Path.GetDirectoryName(scratch["model"])!));
        }

        Assert.Empty(parent.Names);
    }

    [Fact]
    public void What_a_killed_process_left_is_swept_and_what_another_uses_is_not()
    {
        using var parent = new TemporaryFolder();
        using var alive = new ScratchFolder(parent.File(""));
        File.WriteAllText(alive["model"], "a");
        Leave("luma-scratch-dead", Private, ".lock", "model", "weights");
        Leave("luma-scratch-new", Private);
        Leave("luma-scratch-open", Private | UnixFileMode.OtherWrite, ".lock", "model");
        Leave("other", Private, ".lock");

        using (new ScratchFolder(parent.File("")))
        {
        }

        Assert.True(File.Exists(alive["model"]));
        var names = parent.Names.ToList();
        Assert.DoesNotContain("luma-scratch-dead", names);
        Assert.Contains("luma-scratch-new", names);
        Assert.Contains("other", names);
        if (!OperatingSystem.IsWindows()) Assert.Contains("luma-scratch-open", names);

        void Leave(string name, UnixFileMode mode, params string[] files)
        {
            var folder = Directory.CreateDirectory(parent.File(name));
            foreach (var file in files) File.WriteAllText(Path.Combine(folder.FullName, file), "a");
            if (!OperatingSystem.IsWindows()) folder.UnixFileMode = mode;
        }
    }
}
