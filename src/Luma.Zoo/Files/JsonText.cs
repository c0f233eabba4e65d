using System.Text;

namespace Luma.Zoo.Files;

/// <summary>JSON as people's editors and shells write it.</summary>
internal static class JsonText
{
    /// <summary>The text in UTF-8: without a mark of its encoding, and not in UTF-16, which a shell of Windows writes.</summary>
    /// <param name="bytes">What a file has.</param>
    public static ReadOnlySpan<byte> ToUtf8(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, .. var rest] => rest,
        [0xFF, 0xFE, .. var rest] => Encoding.UTF8.GetBytes(Encoding.Unicode.GetString(rest)),
        [0xFE, 0xFF, .. var rest] => Encoding.UTF8.GetBytes(Encoding.BigEndianUnicode.GetString(rest)),
        _ => bytes,
    };
}
