using System.Buffers.Binary;
using System.Text;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Weight files put together by hand, so that they can lie.</summary>
public static class Assembly
{
    /// <summary>A pickle of protocol 2: the pieces are text (Latin-1), bytes or single bytes.</summary>
    public static byte[] Pickle(params object[] pieces) => Join([(byte)0x80, (byte)2, .. pieces, '.']);

    public static byte[] Join(params object[] pieces) =>
    [
        .. pieces.SelectMany(piece => piece switch
        {
            byte[] bytes => bytes,
            byte one => [one],
            char one => [(byte)one],
            string text => Encoding.Latin1.GetBytes(text),
            _ => throw new ArgumentException($"{piece.GetType()}", nameof(pieces)),
        }),
    ];

    public static byte[] Int16(int number) => [(byte)number, (byte)(number >> 8)];

    public static byte[] Int32(long number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)number);
        return bytes;
    }

    public static byte[] Int64(long number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }

    public static byte[] Text(string text) => Join('X', Int32(text.Length), text);

    /// <summary>A whole number, as large as it is.</summary>
    public static byte[] Number(long number) => Join((byte)0x8A, (byte)8, Int64(number));

    public static byte[] Numbers(params long[] numbers) => Join(['(', .. numbers.Select(Number), 't']);

    public static byte[] Global(string module, string name) => Join('c', module, "\n", name, "\n");

    /// <summary>A storage of floats by its persistent id.</summary>
    public static byte[] Storage(string key, long count, string type = "FloatStorage", params byte[] further) =>
        Join('(', Text("storage"), Global("torch", type), Text(key), Text("cpu"), Number(count), further, 't', 'Q');

    public static byte[] Tensor(byte[] storage, long offset, long[] shape, long[] strides) => Join(
        Global("torch._utils", "_rebuild_tensor_v2"), '(', storage, Number(offset), Numbers(shape), Numbers(strides), (byte)0x89,
        Global("collections", "OrderedDict"), ")R", "tR");

    /// <summary>A state dict of one tensor <c>w</c>.</summary>
    public static byte[] OneTensor(byte[] tensor) => Pickle('}', Text("w"), tensor, 's');

    public static byte[] Zip(byte[] pickle, params byte[][] storages) =>
        new ZipAssembly().Add("a/data.pkl", pickle).Add([.. storages.Select((bytes, key) => ($"a/data/{key}", bytes))]).ToArray();

    public static byte[] Legacy(byte[] pickle, byte[] keys, params byte[][] storages) => Join(
        Pickle((byte)0x8A, (byte)10, Convert.FromHexString("6CFC9C46F9206AA85019")), Pickle('M', Int16(1001)),
        Pickle('}', Text("little_endian"), (byte)0x88, 's'), pickle, keys, Join([.. storages]));

    /// <summary>The list of the keys and one storage of floats as the legacy format has them.</summary>
    public static byte[] Keys(params string[] keys) => Pickle(']', '(', Join([.. keys.Select(Text)]), 'e');

    public static byte[] Safetensors(string header, int data) => Join(Int64(Encoding.UTF8.GetByteCount(header)), Encoding.UTF8.GetBytes(header), new byte[data]);
}
