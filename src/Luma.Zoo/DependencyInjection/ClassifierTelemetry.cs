namespace Luma.Zoo.DependencyInjection;

/// <summary>The names under which classifiers of a service collection tell what they do.</summary>
public static class ClassifierTelemetry
{
    /// <summary>The meter, and the source of activities.</summary>
    public const string SourceName = "Luma.Zoo";

    /// <summary>A counter of images (<c>{image}</c>) with the tags <see cref="NameTag"/>, <see cref="OperationTag"/> and <see cref="OutcomeTag"/>.</summary>
    public const string ImagesName = "luma.classifier.images";

    /// <summary>A histogram of the seconds (<c>s</c>) that single calls take, with the tags <see cref="NameTag"/>, <see cref="OperationTag"/> and <see cref="OutcomeTag"/>.</summary>
    public const string DurationName = "luma.classifier.duration";

    /// <summary>How many calls (<c>{call}</c>) are under way, with the tags <see cref="NameTag"/> and <see cref="OperationTag"/>.</summary>
    public const string ActiveCallsName = "luma.classifier.active_calls";

    /// <summary>A histogram of the seconds (<c>s</c>) that making a classifier takes, with the tag <see cref="NameTag"/>.</summary>
    public const string LoadDurationName = "luma.classifier.load.duration";

    /// <summary>The classifier's name.</summary>
    public const string NameTag = "luma.classifier.name";

    /// <summary><c>classify</c>, <c>classify_many</c>, <c>embed</c> or <c>embed_many</c>; activities are called so too, and <c>load</c>.</summary>
    public const string OperationTag = "luma.classifier.operation";

    /// <summary><c>ok</c>, <c>bad_image</c>, <c>cancelled</c> or <c>error</c>.</summary>
    public const string OutcomeTag = "luma.classifier.outcome";
}
