using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>A folder with many pictures of digits, some of them damaged, and room for what is made of them.</summary>
internal sealed class ManyImages : IDisposable
{
    public static readonly IReadOnlyList<string> Digits =
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "*.png").Order(StringComparer.Ordinal)];

    private readonly TemporaryFolder folder = new();

    /// <param name="count">How many pictures.</param>
    /// <param name="damaged">Which of them cannot be decoded.</param>
    public ManyImages(int count, params int[] damaged)
    {
        Folder = Directory.CreateDirectory(folder.File("images")).FullName;
        for (var i = 0; i < count; i++) File.Copy(Digits[i * 7 % Digits.Count], Image(i));
        foreach (var i in damaged) File.WriteAllText(Image(i), "no image");
    }

    public string Folder { get; }

    public string Image(int number) => Path.Combine(Folder, $"{number:D4}.png");

    public string Output(string name) => folder.File(name);

    public TemporaryFolder Root => folder;

    /// <summary>Classifies the folder in this process.</summary>
    public async Task<Run> ClassifyAsync(params string[] args) => await Run.Of(["classify", "lenet_5", Folder, .. args]);

    public void Dispose() => folder.Dispose();
}
