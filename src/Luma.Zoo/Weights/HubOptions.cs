namespace Luma.Zoo.Weights;

/// <summary>How weight files are fetched. What is not given comes from the environment.</summary>
public sealed record HubOptions
{
    /// <summary>
    /// The folder that keeps the files: by default PyTorch's own, so that neither fetches what the other has. It is
    /// <c>$TORCH_HOME/hub/checkpoints</c>, else <c>$XDG_CACHE_HOME/torch/hub/checkpoints</c>, else
    /// <c>~/.cache/torch/hub/checkpoints</c>.
    /// </summary>
    public string Folder { get; init; } = FolderOf(Environment.GetEnvironmentVariable);

    /// <summary>
    /// The http address of a folder that has the same files under the same names, and is asked instead; by default
    /// <c>$LUMA_MIRROR</c>. A PyTorch cache behind any web server is one.
    /// </summary>
    public string? Mirror { get; init; } = MirrorOf(Environment.GetEnvironmentVariable);

    /// <summary>
    /// Whether nothing is fetched, and only what the folder has can be used; by default where <c>$LUMA_OFFLINE</c> is neither empty
    /// nor <c>0</c> nor <c>false</c>.
    /// </summary>
    public bool Offline { get; init; } = OfflineOf(Environment.GetEnvironmentVariable);

    /// <summary>How often in a row a download may fail without getting any further.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>How long a server may be silent before the connection counts as broken. One from which nothing has come is not asked again then.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What sends the requests, and stays the caller's: for proxies, certificates or handlers of one's own. By default a client that
    /// lives as long as a download.
    /// </summary>
    public HttpClient? HttpClient { get; init; }

    /// <summary>What tells the time between two attempts.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The folder that PyTorch keeps weight files in, in an environment.</summary>
    internal static string FolderOf(Func<string, string?> variable) => Path.Combine(HomeOf(variable), "hub", "checkpoints");

    /// <summary>The folder that PyTorch keeps what it can get again in, in an environment.</summary>
    internal static string HomeOf(Func<string, string?> variable)
    {
        // Unverified: a home that is not there yet is made with the cache in it.
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return Given("TORCH_HOME") ?? Path.Combine(Given("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "torch");

        // Python expands ~ as a shell does.
        string? Given(string name) => variable(name) switch
        {
            null or "" => null,
            "~" => home,
            ['~', '/', .. var rest] => Path.Combine(home, rest),
            var path => path,
        };
    }

    /// <summary>The mirror that an environment names.</summary>
    internal static string? MirrorOf(Func<string, string?> variable) => variable("LUMA_MIRROR") is { Length: > 0 } mirror ? mirror : null;

    /// <summary>Whether an environment says that nothing is to be fetched.</summary>
    internal static bool OfflineOf(Func<string, string?> variable) =>
        variable("LUMA_OFFLINE") is { Length: > 0 } value && value != "0" && !value.Equals("false", StringComparison.OrdinalIgnoreCase);
}
