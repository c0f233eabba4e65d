using System.Runtime.InteropServices;

namespace Luma.Neural.Native;

/// <summary>
/// How the C library deals with the memory that tensors leave. A forward pass allocates and frees the same tensors again and again;
/// glibc gives the large ones back to the system each time, which then clears every page anew. That is a tenth to three tenths of a pass
/// over eight images, as scripts/bench_forward.py shows with LUMA_KEEP_MEMORY=0.
/// </summary>
/// <remarks>
/// A process has one C library, so this is for whoever sets up inference: Luma.Zoo's classifier and the program do it. A program that
/// calls networks itself does it once, at its start.
/// </remarks>
public static partial class NativeHeap
{
    // mallopt's numbers, from glibc's malloc.h.
    private const int TrimThreshold = -1, MmapThreshold = -3, MostArenas = -8;

    // Activations of large batches are smaller than the one, a network's together than the other.
    private const int LargestKept = 256 << 20, MostKept = 1 << 30;

    // glibc gives threads heaps of their own, eight for each processor, and each would keep what a batch takes: over 20,000 pictures memory doubled.
    private static int Arenas => Math.Max(1, Environment.ProcessorCount / 4);

    /// <summary>
    /// Lets the process keep up to a gigabyte of what it has freed, unless the user says otherwise: by <c>LUMA_KEEP_MEMORY=0</c>, or by
    /// glibc's own variables. Other C libraries than glibc are left alone. Calling it again changes nothing.
    /// </summary>
    /// <returns>Whether it was done.</returns>
    public static bool KeepFreed() => KeepFreed(Environment.GetEnvironmentVariable);

    /// <summary>The same for an environment that is given.</summary>
    /// <param name="environment">The environment's variables.</param>
    /// <returns>Whether it was done.</returns>
    internal static bool KeepFreed(Func<string, string?> environment)
    {
        if (!OperatingSystem.IsLinux() || IsDecided(environment)) return false;

        try
        {
            if (environment("MALLOC_ARENA_MAX") is null && SetOption(MostArenas, Arenas) != 1) return false;
            return SetOption(MmapThreshold, LargestKept) == 1 && SetOption(TrimThreshold, MostKept) == 1;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether the calling thread allocates from the process's first heap, which grows as it must. glibc's other heaps hold 64 MB at most: a larger block, such as the
    /// activations of a large batch, is taken from the system and given back each time, whatever is to be kept.
    /// </summary>
    /// <returns>True also where the allocator is not glibc's.</returns>
    internal static unsafe bool IsRoomy()
    {
        if (!OperatingSystem.IsLinux() || !AllocatorIsGlibcs()) return true;
        // Larger than the blocks that a thread keeps for itself, which may be from anywhere.
        var block = (nuint*)NativeMemory.Alloc(16 << 10);
        // glibc writes the block's size before it, and into the third bit whether the heap is not the first.
        var isFirst = (block[-1] & 4) == 0;
        NativeMemory.Free(block);
        return isFirst;
    }

    /// <summary>Gives back to the system what was freed and kept.</summary>
    internal static void GiveBack()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = Trim(0);
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library, which keeps nothing on request.
        }
    }

    // Not so where another allocator has been loaded before it, as LD_PRELOAD does.
    private static bool AllocatorIsGlibcs() =>
        NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "gnu_get_libc_version", out _)
        && NativeLibrary.TryGetExport(library, "malloc", out var glibcs) && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "malloc", out var used)
        && glibcs == used;

    private static bool IsDecided(Func<string, string?> environment) =>
        environment("LUMA_KEEP_MEMORY") is "0" or "false"
        || environment("MALLOC_TRIM_THRESHOLD_") is not null
        || environment("MALLOC_MMAP_THRESHOLD_") is not null
        || environment("GLIBC_TUNABLES")?.Contains("glibc.malloc.", StringComparison.Ordinal) is true;

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
