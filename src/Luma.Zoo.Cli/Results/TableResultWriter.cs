using System.Globalization;
using Spectre.Console;

namespace Luma.Zoo.Cli.Results;

/// <summary>Tables for people. How wide a column is shows only at a table's end, so of many images each table has some.</summary>
internal sealed class TableResultWriter(IAnsiConsole console) : IResultWriter
{
    private const int MostRows = 5000;

    private Table table = Create();

    public Task WriteAsync(ClassifiedImage image)
    {
        var name = Shown.Name(image.Path);
        // What failed is told elsewhere; where nothing was likely enough, that is the answer.
        if (image.Predictions is []) table.AddRow(new Text(name), new Text(""), new Text(""));
        foreach (var prediction in image.Predictions ?? [])
        {
            table.AddRow(new Text(name), new Text(Shown.Name(prediction.Label)), new Text(prediction.Probability.ToString("P2", CultureInfo.InvariantCulture)));
            name = "";
        }
        if (table.Rows.Count >= MostRows) Show();
        return Task.CompletedTask;
    }

    public Task FinishAsync()
    {
        Show();
        return Task.CompletedTask;
    }

    private void Show()
    {
        if (table.Rows.Count == 0) return;
        console.Write(table);
        table = Create();
    }

    private static Table Create() => new Table().Border(TableBorder.Simple)
        .AddColumns(new TableColumn("Image"), new TableColumn("Label"), new TableColumn("Probability").RightAligned());
}
