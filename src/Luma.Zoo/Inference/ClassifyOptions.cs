namespace Luma.Zoo.Inference;

/// <summary>Which predictions to give for an image.</summary>
public record ClassifyOptions
{
    /// <summary>How many predictions each image gets at most; 5 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int Top
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 5;

    /// <summary>The least score of a prediction; those below are left out. Null leaves out none. What is not a number is never left out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not a number.</exception>
    public float? Threshold
    {
        get;
        init
        {
            if (value is { } number && float.IsNaN(number)) throw new ArgumentOutOfRangeException(nameof(value), value, "A threshold must be a number.");
            field = value;
        }
    }

    /// <summary>Whether predictions bear probabilities, as they do by default, or the network's outputs.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public ScoreKind Scores
    {
        get;
        init
        {
            if (!Enum.IsDefined(value)) throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such kind of score.");
            field = value;
        }
    }

    /// <summary>What the network's outputs are divided by before they become probabilities: above 1 for less certain ones; 1 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not a finite number above 0.</exception>
    public float Temperature
    {
        get;
        init
        {
            if (!(value > 0) || !float.IsFinite(value)) throw new ArgumentOutOfRangeException(nameof(value), value, "A temperature must be a finite number above 0.");
            field = value;
        }
    } = 1;
}
