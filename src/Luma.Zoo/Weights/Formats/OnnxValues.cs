using System.Runtime.CompilerServices;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// The values of an ONNX tensor that are not raw bytes but numbers of protobuf: floats in a row, or integers of one to ten bytes each, in one
/// field or in several.
/// </summary>
/// <param name="source">The file.</param>
/// <param name="cursor">Goes through the file; it is moved.</param>
/// <param name="budget">Pays for what is made.</param>
internal sealed class OnnxValues(ByteSource source, ProtoCursor cursor, ReadBudget budget)
{
    // Fields of TensorProto, with the sizes of what they hold; 0 where that is not fixed.
    private const int Floats = 4, Int32s = 5, Int64s = 7, Doubles = 10, UInt64s = 11;

    // Of more pieces than that nobody writes a tensor. A piece is in two lists, which grow by doubling.
    private const int MostPieces = 1 << 16, PieceCost = 128;

    private readonly List<ProtoField> pieces = [];

    /// <summary>Takes a field of the tensor, if it has values.</summary>
    public void Add(ProtoField field)
    {
        if (field.Number is not (Floats or Int32s or Int64s or Doubles or UInt64s)) return;
        budget.Take(PieceCost);
        if (pieces.Count == MostPieces) throw new MalformedDataException($"a tensor in more than {MostPieces} pieces");
        pieces.Add(field);
    }

    /// <summary>The values as a storage of so many bytes; null where they are not so many.</summary>
    public Storage? Of(ElementType type, long bytes)
    {
        var field = type.DType switch
        {
            ScalarType.Float32 or ScalarType.ComplexFloat32 => Floats,
            ScalarType.Float64 or ScalarType.ComplexFloat64 => Doubles,
            ScalarType.Int64 => Int64s,
            _ => Int32s,
        };
        var mine = pieces.Where(piece => piece.Number == field).ToList();
        var width = field switch { Floats => sizeof(float), Doubles => sizeof(double), _ => 0 };
        if (width > 0 && mine is [{ Wire: ProtoWire.Bytes } only]) return only.Value == bytes ? new PlainStorage(source, only.Start, bytes) : null;

        // Empty tensors have no pieces.
        if (width > 0) return mine.Sum(piece => piece.Wire == ProtoWire.Bytes ? piece.Value : width) == bytes ? new Numbers(source, mine, width, type, bytes) : null;
        return mine.Sum(Count) == bytes / type.Size ? new Numbers(source, mine, 0, type, bytes) : null;
    }

    // Each ends with a byte below 0x80.
    private long Count(ProtoField piece)
    {
        if (piece.Wire != ProtoWire.Bytes) return 1;

        budget.Walk(piece.Value);
        cursor.Position = piece.Start;
        var count = 0L;
        for (; cursor.Position < piece.End; count++) cursor.Varint(piece.End);
        return count;
    }

    // Values that are put together when they are read.
    private sealed class Numbers(ByteSource source, List<ProtoField> pieces, int width, ElementType type, long bytes) : Storage(source, bytes)
    {
        public override bool IsPacked => true;

        public override long Locate() => 0;

        public override unsafe void Unpack(byte* destination)
        {
            var cursor = new ProtoCursor(Source, new ReadBudget(Source.Length));
            var end = destination + Length;
            foreach (var piece in pieces)
            {
                if (piece.Wire != ProtoWire.Bytes)
                {
                    Put(ref destination, piece.Value, width > 0 ? width : type.Size);
                }
                else if (width > 0)
                {
                    Source.Read(piece.Start, piece.Value, destination);
                    destination += piece.Value;
                }
                else
                {
                    cursor.Position = piece.Start;
                    while (cursor.Position < piece.End)
                    {
                        // They were counted before: there are more only where somebody has written to the file since.
                        if (destination == end) throw Changed();
                        Put(ref destination, Varint(cursor, piece), type.Size);
                    }
                }
            }
            if (destination != end) throw Changed();
        }

        private long Varint(ProtoCursor cursor, ProtoField piece)
        {
            try
            {
                return cursor.Varint(piece.End);
            }
            catch (MalformedDataException)
            {
                throw Changed();
            }
        }

        private WeightFileException Changed() => new(Source.Name, "the file was changed while it was read");

        // The lowest bytes of a number are a smaller one.
        private static unsafe void Put(ref byte* destination, long number, int size)
        {
            Unsafe.CopyBlockUnaligned(destination, &number, (uint)size);
            destination += size;
        }
    }
}
