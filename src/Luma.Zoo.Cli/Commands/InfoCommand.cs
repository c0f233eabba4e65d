using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma info</c>: one network with its figures.</summary>
internal static class InfoCommand
{
    public static Command Create(Terminal terminal)
    {
        var (model, chosen, json) = (Options.Model(), new NetworkOptions(), Options.Json());
        var command = new Command("info", "Show what a network is and how many weights and biases it has.") { model };
        chosen.AddTo(command);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var report = Describe(ModelReference.Parse(parsed.GetValue(model)!), chosen.Read(parsed));
            if (parsed.GetValue(json)) terminal.WriteJson(report, Json.Default.ModelReport);
            else Show(report, terminal.Console);
        });
        return command;
    }

    private static ModelReport Describe(ModelReference model, ModelOptions options)
    {
        var (family, variant) = (model.Family, model.Variant);
        using var network = model.BuildForLooking(options);
        var figures = ModelFigures.Of(network);
        return new(
            variant.Id, family.Name, variant.Description, variant.Aliases, options.Config.ToString().ToLowerInvariant(),
            figures.Parameters, figures.Weights, figures.Biases,
            [variant.InputShape.Channels, variant.InputShape.Height, variant.InputShape.Width],
            [.. ModelZoo.Weights(variant.Id).Select(weights => weights.Name)]);
    }

    private static void Show(ModelReport report, IAnsiConsole console)
    {
        var grid = new Grid().AddColumn().AddColumn();
        Row("Id", report.Id);
        Row("Family", report.Family);
        Row("What", report.Description);
        Row("Parameters", Number(report.Parameters));
        Row("Weights", Number(report.Weights));
        Row("Biases", Number(report.Biases));
        Row("Input", $"(N, {string.Join(", ", report.Input)})");
        if (report.Aliases.Count > 0) Row("Also called", string.Join(", ", report.Aliases));
        if (report.PretrainedWeights.Count > 0) Row("Pretrained", string.Join(", ", report.PretrainedWeights));
        console.Write(grid);

        void Row(string name, string value) => grid.AddRow(new Markup($"[bold]{name}[/]"), new Text(value));
        static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
    }
}
