namespace Luma.Zoo.Training.Reporting;

/// <summary>What has become of a run.</summary>
internal enum RunState
{
    /// <summary>All epochs are done, or it ended early because nothing got better.</summary>
    Finished,

    /// <summary>A process is training in the folder.</summary>
    Running,

    /// <summary>It can go on.</summary>
    Stopped,

    /// <summary>A file of it cannot be read.</summary>
    Damaged,
}
