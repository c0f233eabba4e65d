using System.Globalization;
using Luma.Zoo.Images;
using Luma.Zoo.Training.Data;
using SkiaSharp;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Draws the images of which a network was most wrongly sure.</summary>
internal static class MistakeSheet
{
    /// <summary>How many there are in a row, and how wide and high each is, in pixels.</summary>
    internal const int Columns = 6, Side = 200;

    /// <summary>Draws the sheet. Images that cannot be read any more are left out.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="evaluation">What was measured.</param>
    /// <param name="data">The images that it was measured with.</param>
    /// <param name="decoding">What is decoded, and how large it may be.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, Evaluation evaluation, IDataset data, DecodeOptions decoding)
    {
        List<PictureCell> cells = [];
        try
        {
            foreach (var mistake in evaluation.Mistakes)
            {
                if (Read(data, mistake.Index, decoding) is not { } picture) continue;
                cells.Add(new(picture, [
                    (PictureSheet.ShortName(mistake.Name), Drawing.Quiet),
                    ($"is {mistake.Label}", Drawing.Ink),
                    (string.Create(CultureInfo.InvariantCulture, $"{mistake.Probability:P1} {mistake.Predicted}"), Drawing.Vermilion)]));
            }
            PictureSheet.Write(path, cells, Columns, Side, lines: 3, evaluation.Mistakes.Count == 0 ? "There are no mistakes." : "None of the mistakes can be shown.");
        }
        finally
        {
            foreach (var cell in cells) cell.Dispose();
        }
    }

    private static SKImage? Read(IDataset data, int index, DecodeOptions decoding)
    {
        try
        {
            var image = data.Get(index).Image;
            // What is a network's input already is no picture.
            return image.Input is null ? PictureSheet.Fit(image.Image ?? ImageDecoder.Decode(image, decoding), Side) : null;
        }
        catch (ImageException)
        {
            return null;
        }
    }
}
