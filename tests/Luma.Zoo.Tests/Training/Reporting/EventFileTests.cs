using System.Buffers.Binary;
using System.Text;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Reporting;

namespace Luma.Zoo.Tests.Training.Reporting;

/// <summary>The files for TensorBoard, read back byte by byte.</summary>
public sealed class EventFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Clock clock = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_checksum_is_that_of_CRC32C()
    {
        // RFC 3720, section B.4: CRC-32C of 32 zeros, and of the bytes 0 to 31; then turned and moved as TensorFlow does it.
        Assert.Equal(Masked(0x8A9136AA), EventFile.Checksum(new byte[32]));
        Assert.Equal(Masked(0x46DD794E), EventFile.Checksum([.. Enumerable.Range(0, 32).Select(value => (byte)value)]));
    }

    [Fact]
    public void A_file_begins_with_its_version_and_has_each_number_with_step_and_time()
    {
        using (var file = EventFile.Begin(folder.File("events"), 1, clock))
        {
            clock.Seconds += 2.5;
            file.Add(300, ("loss", 0.25), ("nothing", null), ("rate", 1e-3));
            file.Add(301, ("nothing", null));
        }

        var events = Read(Assert.Single(EventFile.In(folder.File("events"))));
        Assert.Equal(2, events.Count);
        Assert.Equal(("brain.Event:2", 0L, Clock.Start), (events[0].Version, events[0].Step, events[0].Time));
        Assert.Equal((300L, Clock.Start + 2.5), (events[1].Step, events[1].Time));
        Assert.Equal([("loss", 0.25f), ("rate", 1e-3f)], events[1].Values);
    }

    [Fact]
    public void A_run_that_goes_on_gets_a_file_of_its_own_that_comes_after_and_takes_back_later_steps()
    {
        for (var part = 0; part < 3; part++)
        {
            if (part == 2) clock.Seconds -= 1000;
            using var file = EventFile.Begin(folder.File("events"), 7 + part, clock);
            file.Add(7 + part, ("part", part));
        }

        var files = EventFile.In(folder.File("events")).Select(Read).ToList();
        Assert.Equal([0f, 1f, 2f], files.Select(events => events[^1].Values[0].Value));
        Assert.DoesNotContain(files[0], entry => entry.IsStart);
        Assert.Equal([8L, 9L], files[1..].Select(events => Assert.Single(events, entry => entry.IsStart).Step));
    }

    [Fact]
    public void Steps_are_told_at_a_bounded_rate_and_epochs_always()
    {
        using (var events = new TrainingEvents(folder.File("events"), clock))
        {
            for (var step = 1; step <= 1000; step++)
            {
                clock.Seconds += 0.01;
                events.StepDone(step, step, 0.1);
            }
            events.EpochDone([new(1, 1000, 0.1, 500) { ValidationLoss = 2, Accuracy = 0.5, Top5Accuracy = 0.9, IsBest = true }]);
        }

        var told = Read(Assert.Single(EventFile.In(folder.File("events"))));
        var losses = told.Where(entry => entry.Values.Any(value => value.Name == "training/loss")).ToList();
        Assert.Equal(1, losses[0].Step);
        Assert.InRange(losses.Count, 18, 21);
        Assert.All(losses, entry => Assert.Equal([("training/loss", (float)entry.Step), ("training/learning_rate", 0.1f)], entry.Values));
        Assert.Equal(
            [("epoch/epoch", 1f), ("epoch/training_loss", 500f), ("epoch/learning_rate", 0.1f), ("epoch/images_per_second", 0f), ("validation/loss", 2f), ("validation/accuracy", 0.5f), ("validation/top5_accuracy", 0.9f)],
            told[^1].Values);
    }

    [Fact]
    public void Events_that_somebody_took_away_are_written_again()
    {
        EpochRecord[] history = [new(1, 10, 0.1, 3) { IsBest = true }, new(2, 20, 0.1, 2) { MeanAveragePrecision = 0.75 }];
        using (var events = new TrainingEvents(folder.File("events"), clock)) events.Finish(history);
        using (var events = new TrainingEvents(folder.File("events"), clock)) events.Finish(history);

        var told = Read(Assert.Single(EventFile.In(folder.File("events"))));
        Assert.Equal([0L, 10L, 20L], told.Select(entry => entry.Step));
        Assert.Contains(("validation/mean_average_precision", 0.75f), told[2].Values);
    }

    /// <summary>Reads a file, and checks that it is made of whole records.</summary>
    internal static List<Event> Read(string path)
    {
        var bytes = File.ReadAllBytes(path).AsSpan();
        List<Event> events = [];
        while (bytes.Length > 0)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            Assert.Equal(Masked(Crc(bytes[..8])), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
            Assert.Equal(Masked(Crc(bytes.Slice(12, length))), BinaryPrimitives.ReadUInt32LittleEndian(bytes[(12 + length)..]));
            events.Add(Parse(bytes.Slice(12, length)));
            bytes = bytes[(16 + length)..];
        }
        return events;
    }

    private static Event Parse(ReadOnlySpan<byte> data)
    {
        var result = new Event(0, 0, null, false, []);
        foreach (var (member, number, content) in Members(data))
        {
            result = member switch
            {
                1 => result with { Time = BitConverter.UInt64BitsToDouble(number) },
                2 => result with { Step = (long)number },
                3 => result with { Version = Encoding.UTF8.GetString(content) },
                5 => result with { Values = [.. Members(content).Select(value => Value(value.Content))] },
                7 => result with { IsStart = Members(content).Single() is (1, 1, _) },
                _ => throw new InvalidDataException($"member {member}"),
            };
        }
        return result;
    }

    private static (string Name, float Value) Value(byte[] content)
    {
        var members = Members(content);
        return (Encoding.UTF8.GetString(members.Single(member => member.Member == 1).Content), BitConverter.UInt32BitsToSingle((uint)members.Single(member => member.Member == 2).Number));
    }

    private static List<(int Member, ulong Number, byte[] Content)> Members(ReadOnlySpan<byte> data)
    {
        List<(int, ulong, byte[])> members = [];
        while (data.Length > 0)
        {
            var tag = Varint(ref data);
            var (number, content) = (0UL, Array.Empty<byte>());
            switch (tag & 7)
            {
                case 0:
                    number = Varint(ref data);
                    break;
                case 1:
                    number = BinaryPrimitives.ReadUInt64LittleEndian(data);
                    data = data[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref data);
                    content = data[..length].ToArray();
                    data = data[length..];
                    break;
                default:
                    number = BinaryPrimitives.ReadUInt32LittleEndian(data);
                    data = data[4..];
                    break;
            }
            members.Add(((int)(tag >> 3), number, content));
        }
        return members;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> data)
    {
        var (value, shift) = (0UL, 0);
        byte next;
        do
        {
            next = data[0];
            value |= (ulong)(next & 0x7F) << shift;
            shift += 7;
            data = data[1..];
        }
        while (next >= 0x80);
        return value;
    }

    // Bit by bit, as the polynomial says it.
    private static uint Crc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }
        return ~crc;
    }

    private static uint Masked(uint crc) => ((crc >> 15) | (crc << 17)) + 0xA282EAD8;

    internal sealed record Event(long Step, double Time, string? Version, bool IsStart, IReadOnlyList<(string Name, float Value)> Values);

    private sealed class Clock : TimeProvider
    {
        public const double Start = 1_700_000_000;

        public double Seconds { get; set; }

        public override long TimestampFrequency => 1_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Start + Seconds);

        public override long GetTimestamp() => (long)(Seconds * 1_000_000);
    }
}
