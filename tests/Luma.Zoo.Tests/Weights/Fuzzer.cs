using System.Buffers.Binary;
using System.Diagnostics;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Damages weight files at random, always the same for a seed, and reads them: from memory, from the disk and mapped.</summary>
public sealed class Fuzzer(int seed)
{
    // What any reading may take, whatever the file's size: a message with its stack, a few objects. The reader's own allowance is larger.
    internal const long ManagedAllowance = 96 << 10;

    private static readonly long[] Interesting =
        [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, int.MaxValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue, -1, -2];

    private readonly Random random = new(seed);

    public static List<(string Name, byte[] Bytes)> Corpus { get; } =
    [
        .. Golden.Files.Where(golden => !Golden.IsRefused(golden.Archive, golden.File)).Select(golden => (golden.File, Golden.Bytes(golden.Archive, golden.File))),
        ("TorchSharp.dat", OfTorchSharp()),
        // Two of each, or there would hardly be any among so many.
        .. Enumerable.Repeat(("everything.onnx", OnnxReaderTests.Everything()), 2), .. Enumerable.Repeat(("apart.onnx", OnnxReaderTests.Apart()), 2),
    ];

    public FuzzReport Run(int cases)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("fuzz");
        // What is not damaged is read, and the libraries are loaded before anything is measured.
        foreach (var (name, bytes) in Corpus)
        {
            for (var way = 0; way < 3; way++) Read(bytes, way, path, name, new FuzzReport());
        }

        var report = new FuzzReport();
        for (var i = 0; i < cases; i++)
        {
            var (name, bytes) = Corpus[random.Next(Corpus.Count)];
            // Most are read from memory: writing files takes the more time.
            Read(Damage(bytes), (i % 8) switch { 0 => 1, 1 => 2, _ => 0 }, path, $"seed {seed}, case {i}, {name}", report);
        }
        return report;
    }

    private static void Read(byte[] file, int way, string path, string what, FuzzReport report)
    {
        if (way > 0) File.WriteAllBytes(path, file);
        var watch = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var together = 0L;
        try
        {
            using var weights = way == 0 ? StateDict.Read(file, "fuzz") : StateDict.Open(path, new WeightFileOptions { Map = way == 2 });
            foreach (var entry in weights.Entries)
            {
                using var tensor = entry.ToTensor();
                using var mapped = way == 2 ? entry.View.Map() : null;
                together += entry.View.Reach * entry.View.Type.Size;
            }
            report.Read++;
        }
        catch (WeightFileException)
        {
            report.Refused++;
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{what}: {error}", error);
        }

        var managed = GC.GetAllocatedBytesForCurrentThread() - before;
        var size = Math.Max(file.Length, 1);
        report.ManagedMultiple = Math.Max(report.ManagedMultiple, Math.Max(0, managed - ManagedAllowance) / (double)size);
        report.NativeMultiple = Math.Max(report.NativeMultiple, together / (double)size);
        report.Slowest = TimeSpan.FromTicks(Math.Max(report.Slowest.Ticks, watch.Elapsed.Ticks));
    }

    // What TorchSharp's Module.save writes.
    private static byte[] OfTorchSharp()
    {
        using var network = nn.Sequential(("conv", nn.Conv2d(3, 4, 3)), ("norm", nn.BatchNorm2d(4)), ("fc", nn.Linear(5, 300)));
        using var folder = new TemporaryFolder();
        network.save(folder.File("weights.dat"));
        return File.ReadAllBytes(folder.File("weights.dat"));
    }

    private byte[] Damage(byte[] original)
    {
        var bytes = (byte[])original.Clone();
        for (var times = random.Next(1, 4); times > 0 && bytes.Length > 0; times--) bytes = DamageOnce(bytes);
        return bytes;
    }

    private byte[] DamageOnce(byte[] bytes)
    {
        var at = Place(bytes);
        var span = bytes.AsSpan(at);
        // Most damage leaves everything else in its place, or no reader would get far.
        switch (random.Next(16))
        {
            case 0: return bytes[..at];
            case 1: return [.. bytes[..at], .. span[Math.Min(span.Length, random.Next(1, 64))..]];
            case 2: return [.. bytes[..at], .. span[..Math.Min(span.Length, random.Next(1, 64))], .. span];
            case 3:
                var (_, other) = Corpus[random.Next(Corpus.Count)];
                var from = random.Next(other.Length);
                return [.. bytes[..at], .. other[from..Math.Min(other.Length, from + random.Next(1, 200))], .. span];
            case < 7: span[0] ^= (byte)(1 << random.Next(8)); break;
            case < 9: span[0] = (byte)random.Next(256); break;
            case < 11: random.NextBytes(span[..Math.Min(span.Length, random.Next(1, 16))]); break;
            default:
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, Interesting[random.Next(Interesting.Length)] + random.Next(-1, 2));
                number[..Math.Min(span.Length, 1 << random.Next(4))].CopyTo(span);
                break;
        }
        return bytes;
    }

    // The zeros that pad an archive are most of it and matter to nobody.
    private int Place(byte[] bytes)
    {
        var at = random.Next(bytes.Length);
        for (var tries = 0; tries < 4 && bytes[at] == 0; tries++) at = random.Next(bytes.Length);
        return at;
    }
}

/// <summary>What came of reading damaged files.</summary>
public sealed class FuzzReport
{
    public int Read { get; set; }

    public int Refused { get; set; }

    /// <summary>The most memory of .NET that was allocated for one file, beyond 96 KB, in multiples of the file's size.</summary>
    public double ManagedMultiple { get; set; }

    /// <summary>The together tensor that was made of one file, in multiples of the file's size.</summary>
    public double NativeMultiple { get; set; }

    public TimeSpan Slowest { get; set; }

    public override string ToString() =>
        $"fuzz: {Read + Refused} files, {Read} read, {Refused} refused, managed memory at most {ManagedMultiple:f1} x size + 96 KB, "
        + $"tensors at most {NativeMultiple:f2} x size, slowest {Slowest.TotalMilliseconds:f1} ms";
}
