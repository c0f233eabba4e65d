using Luma.Zoo.Files;

namespace Luma.Zoo.Cli;

/// <summary>Writes as long as that is possible: what cannot be written, to a full disk or a closed descriptor, is lost without a word.</summary>
internal sealed class QuietStream(Stream stream) : WriteOnlyStream
{
    public override void Write(byte[] buffer, int offset, int count)
    {
        try
        {
            stream.Write(buffer, offset, count);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
