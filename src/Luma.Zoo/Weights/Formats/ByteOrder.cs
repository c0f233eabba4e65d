namespace Luma.Zoo.Weights.Formats;

/// <summary>Turns the bytes of numbers round.</summary>
internal static class ByteOrder
{
    /// <summary>Turns the bytes of every element round; of a complex number the halves each.</summary>
    public static unsafe void Reverse(byte* elements, long count, ElementType type)
    {
        var size = type.IsComplex ? type.Size / 2 : type.Size;
        var numbers = count * (type.Size / size);
        for (var i = 0L; i < numbers; i++)
        {
            var number = new Span<byte>(elements + (i * size), size);
            number.Reverse();
        }
    }
}
