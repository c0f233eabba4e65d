namespace Luma.Zoo.Images;

/// <summary>Where the first row and the first column of a picture belong when it is shown, with the numbers of EXIF and TIFF.</summary>
public enum ImageOrientation
{
    /// <summary>The first row is the top, the first column the left side: as the pixels stand.</summary>
    TopLeft = 1,

    /// <summary>Mirrored left to right.</summary>
    TopRight = 2,

    /// <summary>Upside down: turned by 180 degrees.</summary>
    BottomRight = 3,

    /// <summary>Mirrored top to bottom.</summary>
    BottomLeft = 4,

    /// <summary>Rows and columns are swapped.</summary>
    LeftTop = 5,

    /// <summary>To be turned by 90 degrees clockwise.</summary>
    RightTop = 6,

    /// <summary>Rows and columns are swapped, and the picture is upside down.</summary>
    RightBottom = 7,

    /// <summary>To be turned by 90 degrees counter-clockwise.</summary>
    LeftBottom = 8,
}
