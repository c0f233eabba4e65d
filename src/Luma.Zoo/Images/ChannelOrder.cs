using System.Text.Json.Serialization;

namespace Luma.Zoo.Images;

/// <summary>The order in which a network takes the three channels of colour.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChannelOrder>))]
public enum ChannelOrder
{
    /// <summary>Red, green, blue: PyTorch's.</summary>
    [JsonStringEnumMemberName("rgb")]
    Rgb,

    /// <summary>Blue, green, red: that of Caffe and of OpenCV.</summary>
    [JsonStringEnumMemberName("bgr")]
    Bgr,
}
