using System.Text.Json.Serialization;

namespace Luma.Zoo.Training;

/// <summary>Where a training stands, beside its tensors.</summary>
internal sealed record TrainingState
{
    /// <summary>The version of the form.</summary>
    public const int Version = 1;

    public int FormatVersion { get; init; } = Version;

    /// <summary>The epoch that goes on, from 1; one more than there are where the training is done.</summary>
    public required int Epoch { get; init; }

    /// <summary>The batch of that epoch that comes next, from 0.</summary>
    public required int Batch { get; init; }

    /// <summary>How many steps were taken.</summary>
    public required long Steps { get; init; }

    /// <summary>The sum of the losses of the epoch's images so far.</summary>
    public double LossSum { get; init; }

    /// <summary>How many images of the epoch were learnt from so far.</summary>
    public long Seen { get; init; }

    /// <summary>How many epochs in a row have not been the best.</summary>
    public int Waited { get; init; }

    /// <summary>The finished epochs.</summary>
    public required IReadOnlyList<EpochRecord> History { get; init; }

    /// <summary>The recipe without what may change between two parts of a training.</summary>
    public required string Recipe { get; init; }

    /// <summary>The precision that was found to be faster, or null where none was looked for yet.</summary>
    public TrainingPrecision? Precision { get; init; }

    /// <summary>The network, where it has a name.</summary>
    public string? Network { get; init; }

    /// <summary>How images are made into the network's input, as JSON; null in what earlier versions saved.</summary>
    public string? Preparation { get; init; }

    /// <summary>The training images that could not be read so far, with the reason; null in what earlier versions saved.</summary>
    public IReadOnlyList<string>? Unreadable { get; init; }

    /// <summary>What tells one set of images to measure with from another; null without such.</summary>
    public DataFingerprint? Measured { get; init; }

    /// <summary>What tells one set of training data from another.</summary>
    public required DataFingerprint Data { get; init; }

    /// <summary>What computes: another machine may round otherwise.</summary>
    public required string Machine { get; init; }

    /// <summary>The best epoch so far.</summary>
    [JsonIgnore]
    public EpochRecord? Best => History.LastOrDefault(record => record.IsBest);
}
