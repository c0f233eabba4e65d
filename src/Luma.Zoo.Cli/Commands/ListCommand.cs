using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma list</c>: the catalogue.</summary>
internal static class ListCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = Options.Json();
        var command = new Command("list", "Show the networks: id, family, parameters, and which weights there are.") { json };
        command.SetAction(parsed =>
        {
            var models = ModelZoo.Families
                .SelectMany(family => family.Variants.Select(variant => Describe(family, variant)))
                .ToList();
            if (parsed.GetValue(json)) terminal.WriteJson(models, Json.Default.IReadOnlyListListedModel);
            else Show(models, terminal.Console);
        });
        return command;
    }

    private static ListedModel Describe(ModelFamily family, ModelVariant variant) => new(
        variant.Id, family.Name, variant.Parameters, [.. ModelZoo.Weights(variant.Id).Select(weights => weights.Name)], variant.Aliases,
        [variant.InputShape.Channels, variant.InputShape.Height, variant.InputShape.Width], variant.Description);

    private static void Show(IReadOnlyList<ListedModel> models, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns(new TableColumn("Id"), new TableColumn("Family"), new TableColumn("Parameters").RightAligned(), new TableColumn("Weights"), new TableColumn("What"));
        foreach (var model in models)
        {
            table.AddRow(new[]
            {
                model.Id, model.Family, model.Parameters.ToString("N0", CultureInfo.InvariantCulture), string.Join(", ", model.Weights), model.Description,
            }.Select(Markup.Escape).ToArray());
        }
        console.Write(table);
    }
}
