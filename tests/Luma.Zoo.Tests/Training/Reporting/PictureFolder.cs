using Luma.Zoo.Tests.Weights;
using SkiaSharp;

namespace Luma.Zoo.Tests.Training.Reporting;

/// <summary>Small pictures of a colour each, in a folder for each class or in a list with several classes a picture; gone at the end.</summary>
internal sealed class PictureFolder : IDisposable
{
    private static readonly (string Name, SKColor Color)[] Colors = [("blue, dark", SKColors.Blue), ("green", SKColors.Lime), ("red", SKColors.Red)];

    private readonly TemporaryFolder folder = new();

    public PictureFolder(int perClass = 6)
    {
        Data = Directory.CreateDirectory(folder.File("pictures")).FullName;
        foreach (var (name, color) in Colors)
        {
            Directory.CreateDirectory(Path.Combine(Data, name));
            for (var i = 0; i < perClass; i++) Draw(Path.Combine(Data, name, $"{i}.png"), color, i);
        }
    }

    public static IReadOnlyList<string> Classes => [.. Colors.Select(color => color.Name)];

    /// <summary>The folder of the pictures.</summary>
    public string Data { get; }

    public string Output(string name) => folder.File(name);

    /// <summary>A list of pictures that are of their own class and of one that all are of.</summary>
    public string WriteList()
    {
        List<string> rows = ["path,labels"];
        foreach (var (name, _) in Colors)
        {
            foreach (var file in Directory.GetFiles(Path.Combine(Data, name)).Order(StringComparer.Ordinal)) rows.Add($"\"{name}/{Path.GetFileName(file)}\",\"{name.Split(',')[0]};square\"");
        }
        var list = Path.Combine(Data, "list.csv");
        File.WriteAllLines(list, rows);
        return list;
    }

    public void Dispose() => folder.Dispose();

    private static void Draw(string path, SKColor color, int number)
    {
        using var bitmap = new SKBitmap(40, 30);
        for (var y = 0; y < 30; y++)
        {
            for (var x = 0; x < 40; x++) bitmap.SetPixel(x, y, x < 4 + number ? SKColors.Gray : color);
        }
        using var file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
    }
}
