using System.Runtime.InteropServices;
using Luma.Neural.Native;

namespace Luma.Neural.Tests;

public class NativeLibrariesTests
{
    [Theory]
    [InlineData(
        "Unable to load shared library.\n/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)",
        "libtorch cannot be loaded: libLibTorchSharp.so needs GLIBCXX_3.4.32, and this system's libstdc++.so.6 is older; use a newer release " +
        "of the operating system, or build the program again, so that Luma.Neural's LibTorchSharp.so lies beside it.")]
    [InlineData(
        "Unable to load shared library.\nlibgomp.so.1: cannot open shared object file: No such file or directory",
        "libtorch cannot be loaded: libLibTorchSharp.so needs libgomp.so.1, which is missing; install it (package libgomp1 on Debian and " +
        "Ubuntu, libgomp on Fedora and RHEL).")]
    [InlineData(
        "Unable to load shared library.\nlibc10.so: cannot open shared object file: No such file or directory",
        "libtorch cannot be loaded: libLibTorchSharp.so needs libc10.so, which is missing; it belongs to the libtorch package: build again.")]
    [InlineData(
        "Unable to load shared library.\nlibcudart.so.12: cannot open shared object file: No such file or directory",
        "libtorch cannot be loaded: libLibTorchSharp.so needs libcudart.so.12, which is missing; install the CUDA libraries, or take " +
        "the package TorchSharp-cpu instead.")]
    [InlineData(
        "dlopen(/app/libLibTorchSharp.so, 0x0001): Library not loaded: @rpath/libomp.dylib\n  Referenced from: /app/libtorch_cpu.dylib",
        "libtorch cannot be loaded: libLibTorchSharp.so needs libomp.dylib, which is missing; it belongs to the libtorch package: build again.")]
    [InlineData(
        "Unable to load shared library.\n/app/libLibTorchSharp.so: undefined symbol: _ZNK3c105Error4whatEv",
        "libtorch cannot be loaded: libLibTorchSharp.so and the libtorch that was found are of different versions (no " +
        "_ZNK3c105Error4whatEv); build again, so that both come from their packages.")]
    [InlineData(
        "Unable to load shared library.\n/app/libLibTorchSharp.so: file too short",
        "libtorch cannot be loaded: /app/libLibTorchSharp.so is damaged, or a library that it needs is missing (file too short); build " +
        "again, so that the file comes from its package.")]
    public void A_failure_is_one_sentence_that_says_what_to_do(string message, string sentence) =>
        Assert.Equal(sentence, NativeLibraries.Explain("/app/libLibTorchSharp.so", message));

    [Theory]
    [InlineData("linux-x64", "TorchSharp-cpu or TorchSharp-cuda-linux")]
    [InlineData("fedora.42-x64", "TorchSharp-cpu or TorchSharp-cuda-linux")]
    [InlineData("win-x64", "TorchSharp-cpu or TorchSharp-cuda-windows")]
    [InlineData("osx-arm64", "TorchSharp-cpu")]
    public void A_program_without_libtorch_is_told_the_packages_of_its_platform(string platform, string packages) => Assert.Equal(
        $"libtorch cannot be loaded: the program was built without it; add the package {packages}, version 0.107.0, to the program's project.",
        NativeLibraries.ExplainMissing(platform, "0.107.0"));

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-musl-x64")]
    [InlineData("alpine.3.22-x64")]
    [InlineData("win-arm64")]
    [InlineData("win-x86")]
    [InlineData("osx-x64")]
    [InlineData("any")]
    public void A_platform_that_has_no_libtorch_is_named(string platform) => Assert.Equal(
        $"libtorch cannot be loaded: TorchSharp has no package of it for {platform}, only for linux-x64 (with glibc), win-x64 and osx-arm64.",
        NativeLibraries.ExplainMissing(platform, "0.107.0"));

    [Fact]
    public void A_library_that_is_in_none_of_the_folders_is_missing()
    {
        var error = Assert.Throws<NativeLibraryException>(() => NativeLibraries.Load("no_such_library", [AppContext.BaseDirectory]));

        Assert.Equal(NativeLibraries.ExplainMissing(RuntimeInformation.RuntimeIdentifier, "0.107.0"), error.Message);
    }

    [Fact]
    public void The_copy_for_an_older_system_is_taken_for_its_own_version_alone()
    {
        var original = new DllNotFoundException();

        var error = Assert.Throws<NativeLibraryException>(() => NativeLibraries.LoadCopy("/app/LibTorchSharp.so", "0.108.1", "0.107.0", original));

        Assert.Equal(
            "libtorch cannot be loaded: this system's libstdc++ is older than TorchSharp 0.108.1 needs; use a newer release of the operating system, or TorchSharp 0.107.0.",
            error.Message);
        Assert.Same(original, error.InnerException);
    }

    // Only the first three numbers: TorchSharp's packages have no fourth.
    [Fact]
    public void The_constant_is_the_version_that_was_built_with() => Assert.Equal(
        TorchSharpVersion.Built, typeof(NativeLibraries).Assembly.GetReferencedAssemblies().Single(name => name.Name == "TorchSharp").Version!.ToString(3));

    [Fact]
    public void The_current_folder_is_never_searched()
    {
        var separator = Path.PathSeparator;

        Assert.Equal(["/native", "/program"], NativeLibraries.Folders($"{separator}/native{separator}{separator}", "/program"));
        Assert.Equal(["/program"], NativeLibraries.Folders(null, "/program"));
        Assert.Equal(["/program"], NativeLibraries.Folders("", "/program"));
    }

    [Fact]
    public void A_file_that_is_no_library_is_named()
    {
        using var folder = new TemporaryFolder();
        var name = OperatingSystem.IsWindows() ? "broken.dll" : OperatingSystem.IsMacOS() ? "libbroken.dylib" : "libbroken.so";
        File.WriteAllText(Path.Combine(folder.Path, name), "not a library");

        var error = Assert.Throws<NativeLibraryException>(() => NativeLibraries.Load("broken", [folder.Path]));

        Assert.Contains(Path.Combine(folder.Path, name), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Loading_again_and_from_many_threads_does_nothing()
    {
        Parallel.For(0, 100, _ => NativeLibraries.EnsureLoaded());

        using var loaded = ones(2);
        Assert.Equal(2, loaded.sum().item<float>());
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("luma").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
