namespace Luma.Zoo.Training.Data;

/// <summary>The names that people give to the parts of their data.</summary>
internal static class DataParts
{
    /// <summary>The part of a name; null where it is none.</summary>
    public static DataPart? Find(string name) => name.ToLowerInvariant() switch
    {
        "train" or "training" => DataPart.Training,
        "val" or "valid" or "validation" or "dev" => DataPart.Validation,
        "test" or "testing" => DataPart.Test,
        _ => null,
    };
}
