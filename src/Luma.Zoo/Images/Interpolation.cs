using System.Text.Json.Serialization;

namespace Luma.Zoo.Images;

/// <summary>How a resized image's pixels come from the original's. When shrinking, a filter widens to cover all of them.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Interpolation>))]
public enum Interpolation
{
    /// <summary>The pixel that lies there.</summary>
    [JsonStringEnumMemberName("nearest")]
    Nearest,

    /// <summary>The triangle filter, one pixel to either side.</summary>
    [JsonStringEnumMemberName("bilinear")]
    Bilinear,

    /// <summary>The cubic filter with a = -0.5 (Keys 1981), two pixels to either side.</summary>
    [JsonStringEnumMemberName("bicubic")]
    Bicubic,
}
