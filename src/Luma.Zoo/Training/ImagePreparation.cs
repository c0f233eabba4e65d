using System.Text.Json.Nodes;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training;

/// <summary>All that decides how an image becomes a network's input, as text that can be compared.</summary>
internal static class ImagePreparation
{
    /// <summary>The text: JSON with the preset's members and those of the decoding that change pixels.</summary>
    public static string TextOf(ImagePreset preset, DecodeOptions decoding)
    {
        var members = JsonNode.Parse(preset.ToJson())!.AsObject();
        members["apply_orientation"] = decoding.ApplyOrientation;
        members["fast_decode"] = decoding.FastDecode;
        return members.ToJsonString();
    }
}
