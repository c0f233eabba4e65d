using System.Net;

namespace Luma.Zoo.Weights;

/// <summary>A weight file could not be fetched. Nothing stands under its name.</summary>
/// <param name="failure">What kind of failure it was.</param>
/// <param name="address">The address.</param>
/// <param name="message">What happened and what to do.</param>
/// <param name="statusCode">The server's answer, if there was one.</param>
/// <param name="innerException">What led to it, or null.</param>
public sealed class DownloadException(
    DownloadFailure failure, Uri address, string message, HttpStatusCode? statusCode = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>What kind of failure it was.</summary>
    public DownloadFailure Failure { get; } = failure;

    /// <summary>The address.</summary>
    public Uri Address { get; } = address;

    /// <summary>The server's answer, if there was one.</summary>
    public HttpStatusCode? StatusCode { get; } = statusCode;
}

/// <summary>Why a file could not be fetched.</summary>
public enum DownloadFailure
{
    /// <summary>The file is not in the cache, and nothing may be fetched.</summary>
    Offline,

    /// <summary>The mirror's address is none.</summary>
    Mirror,

    /// <summary>No server could be reached, or the connection broke again and again.</summary>
    Network,

    /// <summary>The server refused, or failed again and again.</summary>
    Server,

    /// <summary>The content is not what the file's name, or who asked for it, promises.</summary>
    Hash,

    /// <summary>The file is larger than it can be.</summary>
    Size,

    /// <summary>The cache folder cannot be written.</summary>
    Disk,
}
