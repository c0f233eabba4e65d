namespace Luma.Zoo.Images.Jpeg;

/// <summary>One channel of a JPEG.</summary>
/// <param name="Id">What the scan calls it.</param>
/// <param name="Across">Its blocks side by side in a unit of the scan.</param>
/// <param name="Down">Its blocks one below the other in a unit of the scan.</param>
/// <param name="Steps">
/// For a block's values in the order of the file: what each is multiplied by, and its place in the block above <see cref="PlaceShift"/>.
/// </param>
/// <param name="Dc">The codes of the first value of a block.</param>
/// <param name="Ac">The codes of the others.</param>
internal sealed record JpegComponent(byte Id, int Across, int Down, int[] Steps, JpegCodes Dc, JpegCodes Ac)
{
    /// <summary>Where the place begins in <see cref="Steps"/>.</summary>
    public const int PlaceShift = 16;
}
