using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Luma.Zoo.Tests.Weights;

/// <summary>What a client asked for. Header names are in lower case.</summary>
public sealed record FileRequest(string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The first byte of the range, or 0.</summary>
    public int From => Headers.TryGetValue("range", out var range) ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
}

/// <summary>What the server says: a status line, headers, and a body of which it may keep the end to itself.</summary>
public sealed record FileAnswer(string Status, params (string Name, string Value)[] Headers)
{
    public byte[] Body { get; init; } = [];

    /// <summary>What happens after how many bytes of the body; then the connection is closed.</summary>
    public (int Bytes, Task Then)? Break { get; init; }

    /// <summary>The whole of some bytes.</summary>
    public static FileAnswer Whole(byte[] bytes, params (string, string)[] headers) =>
        new("200 OK", [("Content-Length", $"{bytes.Length}"), .. headers]) { Body = bytes };

    /// <summary>The bytes that are asked for, as a server that knows ranges gives them.</summary>
    public static FileAnswer Of(byte[] bytes, FileRequest request, params (string, string)[] headers)
    {
        if (request.From == 0) return Whole(bytes, headers);
        if (request.From >= bytes.Length) return new("416 Range Not Satisfiable", ("Content-Range", $"bytes */{bytes.Length}"), ("Content-Length", "0"));

        var rest = bytes[request.From..];
        return new(
            "206 Partial Content",
            [("Content-Length", $"{rest.Length}"), ("Content-Range", $"bytes {request.From}-{bytes.Length - 1}/{bytes.Length}"), .. headers])
        {
            Body = rest,
        };
    }
}

/// <summary>An HTTP server on this machine that behaves as badly as it is told.</summary>
public sealed class FileServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly Func<FileRequest, int, FileAnswer> answer;
    private readonly ConcurrentQueue<FileRequest> requests = [];
    private readonly Task serving;

    /// <summary>Starts it.</summary>
    /// <param name="answer">The answer to a request and its number, counted from 0.</param>
    public FileServer(Func<FileRequest, int, FileAnswer> answer)
    {
        this.answer = answer;
        listener.Start();
        serving = ServeAsync();
    }

    public IReadOnlyList<FileRequest> Requests => [.. requests];

    public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public Uri File(string name) => new($"{Address}/models/{name}");

    public async ValueTask DisposeAsync()
    {
        if (serving.IsCompleted) return;
        await end.CancelAsync();
        listener.Stop();
        await serving;
        end.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(AnswerAsync(await listener.AcceptTcpClientAsync(end.Token)));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            var request = await ReadAsync(stream);
            FileAnswer given;
            lock (listener)
            {
                given = answer(request, requests.Count);
                requests.Enqueue(request);
            }
            var head = new StringBuilder($"HTTP/1.1 {given.Status}\r\nConnection: close\r\n");
            foreach (var (name, value) in given.Headers) head.Append(name).Append(": ").Append(value).Append("\r\n");
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{head}\r\n"), end.Token);
            await stream.WriteAsync(given.Body.AsMemory(0, given.Break?.Bytes ?? given.Body.Length), end.Token);
            if (given.Break is { } stop) await stop.Then.WaitAsync(end.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The client has gone, or the test has ended.
            return;
        }
    }

    private async Task<FileRequest> ReadAsync(Stream stream)
    {
        var head = new List<byte>();
        var next = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            await stream.ReadExactlyAsync(next, end.Token);
            head.Add(next[0]);
        }
        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return new(
            lines[0].Split(' ')[1],
            lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1].Trim()));
    }
}
