using System.Globalization;
using System.Numerics;
using System.Text;
using Luma.Zoo.Files;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Writes numbers where TensorBoard shows them as curves: a file of TensorFlow's events.</summary>
/// <remarks>
/// A file is a row of records: the length of the data, its checksum, the data, their checksum. The data are <c>tensorflow.Event</c> in Protocol Buffers'
/// format, of which a few members are needed. TorchSharp's SummaryWriter has no place for the time of an event: TensorBoard would show all of them in 1970.
/// </remarks>
internal sealed class EventFile : IDisposable
{
    /// <summary>What is in the name of every file of events; TensorBoard takes no others.</summary>
    public const string Mark = "tfevents";

    private const string Version = "brain.Event:2";

    private readonly FileStream file;
    private readonly TimeProvider time;

    private EventFile(FileStream file, TimeProvider time) => (this.file, this.time) = (file, time);

    /// <summary>The files of events in a folder, in their order.</summary>
    public static IEnumerable<string> In(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, $"*{Mark}*").Order(StringComparer.Ordinal) : [];

    /// <summary>Begins a file. Others in the folder stay, and TensorBoard shows all as one.</summary>
    /// <param name="folder">The folder, which is made where it is not there.</param>
    /// <param name="firstStep">The first step that will be told of: whatever other files tell of it and later ones does not count any more.</param>
    /// <param name="time">Says what time it is.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static EventFile Begin(string folder, long firstStep, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var seconds = time.GetUtcNow().ToUnixTimeSeconds();
        var others = In(folder).ToList();
        for (var number = 0; ; number++)
        {
            // TensorBoard reads the files in the order of their names. No name of this machine: a run may be published.
            var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"events.out.{Mark}.{seconds:D10}.luma.{number:D4}"));
            if (others.Count > 0 && string.CompareOrdinal(path, others[^1]) <= 0)
            {
                // The clock was set back, or two parts began in one second.
                if (number < 9999) continue;
                seconds++;
                number = -1;
                continue;
            }
            // A single write for each record, so that no half of one waits for the other.
            var events = new EventFile(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0), time);
            events.Write(0, writer => WriteText(writer, 3, Version));
            // SessionLog with the status START.
            if (others.Count > 0) events.Write(firstStep, writer => WriteBytes(writer, 7, [0x08, 0x01]));
            return events;
        }
    }

    /// <summary>Writes some numbers.</summary>
    /// <param name="step">The step that they belong to.</param>
    /// <param name="values">Their names and values. What is not known is left out.</param>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Add(long step, params IReadOnlyList<(string Name, double? Value)> values)
    {
        if (values.All(entry => entry.Value is null)) return;
        Write(step, writer => WriteBytes(writer, 5, Bytes(summary =>
        {
            foreach (var (name, value) in values)
            {
                if (value is not { } number) continue;
                WriteBytes(summary, 1, Bytes(entry =>
                {
                    WriteText(entry, 1, name);
                    entry.Write((byte)((2 << 3) | 5));
                    entry.Write((float)number);
                }));
            }
        })));
    }

    public void Dispose() => file.Dispose();

    private void Write(long step, Action<BinaryWriter> members)
    {
        var data = Bytes(writer =>
        {
            writer.Write((byte)((1 << 3) | 1));
            writer.Write((time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
            writer.Write((byte)(2 << 3));
            writer.Write7BitEncodedInt64(step);
            members(writer);
        });
        var record = Bytes(writer =>
        {
            var length = BitConverter.GetBytes((ulong)data.Length);
            writer.Write(length);
            writer.Write(Checksum(length));
            writer.Write(data);
            writer.Write(Checksum(data));
        });
        var end = file.Position;
        try
        {
            file.Write(record);
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            // On a full disk some of it may have found room.
            file.SetLength(end);
            throw;
        }
    }

    /// <summary>The checksum of records: CRC-32C, turned, so that data with checksums in them have good checksums too.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data) crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        // The length of a text stands before it in the same form as in Protocol Buffers.
        using var writer = new BinaryWriter(stream, new UTF8Encoding(false));
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static void WriteText(BinaryWriter writer, int member, string text)
    {
        writer.Write((byte)((member << 3) | 2));
        writer.Write(text);
    }

    private static void WriteBytes(BinaryWriter writer, int member, byte[] bytes)
    {
        writer.Write((byte)((member << 3) | 2));
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes);
    }
}
