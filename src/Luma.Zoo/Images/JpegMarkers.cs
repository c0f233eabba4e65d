namespace Luma.Zoo.Images;

/// <summary>
/// Looks through a JPEG's markers. Skia decodes up to an impossible one and fills the rest with grey, and says nothing; PIL refuses.
/// </summary>
internal static class JpegMarkers
{
    private const byte Prefix = 0xFF, EndOfImage = 0xD9;

    /// <summary>Whether every marker up to the end of the image is one that JPEG knows (ITU-T T.81, table B.1).</summary>
    /// <param name="file">The file. One that ends too early is left to the decoder.</param>
    /// <returns>False for a marker that cannot be there.</returns>
    public static bool AreKnown(ReadOnlySpan<byte> file)
    {
        var at = 2;
        while (true)
        {
            var step = file[at..].IndexOf(Prefix);
            if (step < 0) return true;
            at += step + 1;
            while (at < file.Length && file[at] == Prefix) at++;
            if (at + 2 >= file.Length || file[at] == EndOfImage) return true;

            var marker = file[at++];
            // A zero is a data byte of 255; the others stand alone.
            if (marker is 0 or 1 or (>= 0xD0 and <= 0xD7)) continue;
            if (marker is < 0xC0 or (>= 0xF0 and not 0xFE) or 0xD8) return false;

            // The data of a scan follow its header; their markers are found by the search above.
            at += (file[at] << 8) | file[at + 1];
            if (at >= file.Length) return true;
        }
    }
}
