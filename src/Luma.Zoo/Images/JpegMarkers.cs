using SkiaSharp;

namespace Luma.Zoo.Images;

/// <summary>
/// Looks through a JPEG's markers. Skia decodes up to an impossible one, or to the end of a file that breaks off between scans, fills the
/// rest with what it has, and says nothing; PIL refuses.
/// </summary>
internal static class JpegMarkers
{
    // Each is gone through for every pixel, however few bytes it has. Skia takes no more either, but only says so in the end.
    private const int MostScans = 100;

    private const byte Prefix = 0xFF, EndOfImage = 0xD9, StartOfScan = 0xDA;

    /// <summary>Checks that every marker is one that JPEG knows (ITU-T T.81, table B.1), and that an image in several scans has its end.</summary>
    /// <param name="file">The file. In one scan, one that ends too early is left to the decoder.</param>
    /// <returns>Success, an error in the input or incomplete input.</returns>
    public static SKCodecResult Check(ReadOnlySpan<byte> file)
    {
        var (at, components, scans) = (2, 0, 0);
        var several = false;
        while (true)
        {
            var step = file[at..].IndexOf(Prefix);
            if (step < 0) return End(several);
            at += step + 1;
            while (at < file.Length && file[at] == Prefix) at++;
            if (at < file.Length && file[at] == EndOfImage) return SKCodecResult.Success;
            if (at + 2 >= file.Length) return End(several);

            var marker = file[at++];
            // A zero is a data byte of 255; the others stand alone.
            if (marker is 0 or 1 or (>= 0xD0 and <= 0xD7)) continue;
            if (marker is < 0xC0 or (>= 0xF0 and not 0xFE) or 0xD8) return SKCodecResult.ErrorInInput;

            // A frame: its length, precision, height and width, and how many components it has.
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                several |= marker is 0xC2 or 0xC6 or 0xCA or 0xCE;
                if (at + 7 < file.Length) components = file[at + 7];
            }
            if (marker == StartOfScan && scans == MostScans) throw new ImageException(null, $"it has more than {MostScans} scans");
            // The first scan of one that has several holds only some components.
            if (marker == StartOfScan && scans++ == 0 && at + 2 < file.Length) several |= file[at + 2] < components;

            // The data of a scan follow its header; their markers are found by the search above.
            at += (file[at] << 8) | file[at + 1];
            if (at >= file.Length) return End(several);
        }
    }

    /// <summary>Whether a file ends within what comes before the first scan.</summary>
    /// <param name="file">The file, which begins as a JPEG.</param>
    public static bool EndsBeforeData(ReadOnlySpan<byte> file)
    {
        var at = 2;
        while (at + 4 <= file.Length)
        {
            if (file[at] != Prefix) return false;
            var marker = file[at + 1];
            if (marker == Prefix) at++;
            else if (marker is < 0xC0 or EndOfImage or StartOfScan) return false;
            else at += 2 + ((file[at + 2] << 8) | file[at + 3]);
        }
        return true;
    }

    // libjpeg waits for the end of all scans before it gives the first row.
    private static SKCodecResult End(bool several) => several ? SKCodecResult.IncompleteInput : SKCodecResult.Success;
}
