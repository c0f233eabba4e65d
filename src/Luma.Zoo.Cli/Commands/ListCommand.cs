using System.CommandLine;
using System.Globalization;
using System.IO.Enumeration;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma list</c>: the catalogue, or the part of it that is asked for.</summary>
internal static class ListCommand
{
    public static Command Create(Terminal terminal)
    {
        var pattern = new Argument<string?>("pattern")
        {
            Description = "Show only networks whose id or alias matches this pattern, in which * stands for any characters and ? for one, such as 'resnet*'.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var family = new Option<string?>("--family") { Description = "Show only networks of this family; * and ? work here too.", HelpName = "NAME" };
        var pretrained = new Option<bool>("--pretrained") { Description = "Show only networks with published weights." };
        var json = Options.Json();

        var command = new Command("list", "List the networks with their families, parameters and published weights.") { pattern, family, pretrained, json };
        command.SetAction(parsed =>
        {
            var models = Select(parsed.GetValue(pattern), parsed.GetValue(family), parsed.GetValue(pretrained));
            if (parsed.GetValue(json)) terminal.WriteJson(models, Json.Default.IReadOnlyListListedModel);
            else Show(models, terminal.Console);
        });
        return command;
    }

    private static List<ListedModel> Select(string? pattern, string? family, bool pretrained)
    {
        var models = ModelZoo.Families.SelectMany(family => family.Variants.Select(variant => Describe(family, variant))).ToList();
        if (family is not null)
        {
            var families = models.Select(model => model.Family).Distinct();
            models = Filter(models, "family", family, families, model => Matches(family, model.Family));
        }
        if (pattern is not null)
        {
            var names = models.SelectMany(model => model.Aliases.Prepend(model.Id));
            models = Filter(models, "network", pattern, names, model => model.Aliases.Prepend(model.Id).Any(name => Matches(pattern, name)));
        }
        if (pretrained) models.RemoveAll(model => model.Weights.Count == 0);
        return models.Count > 0 ? models : throw new UserException("There are no trained weights for any of these networks");
    }

    private static List<ListedModel> Filter(
        List<ListedModel> models, string kind, string pattern, IEnumerable<string> names, Func<ListedModel, bool> matches)
    {
        var found = models.Where(matches).ToList();
        if (found.Count > 0) return found;

        var nearest = Nearest(pattern, [.. names]);
        throw new UsageException($"There is no {kind} '{pattern}'; {(nearest.Length > 0 ? $"did you mean {string.Join(", ", nearest)}?" : "'luma list' shows all.")}");
    }

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true);

    // With * and ? left out, what remains is usually how a name begins.
    private static string[] Nearest(string pattern, IReadOnlyList<string> names)
    {
        var letters = pattern.Replace("*", "", StringComparison.Ordinal).Replace("?", "", StringComparison.Ordinal);
        if (letters.Length == pattern.Length) return NearestNames.To(pattern, names);

        var beginnings = names.ToLookup(name => name[..Math.Min(name.Length, letters.Length)], StringComparer.OrdinalIgnoreCase);
        return [.. NearestNames.To(letters, beginnings.Select(beginning => beginning.Key)).SelectMany(beginning => beginnings[beginning]).Take(3)];
    }

    private static ListedModel Describe(ModelFamily family, ModelVariant variant) => new(
        variant.Id, family.Name, variant.Parameters, [.. ModelZoo.Weights(variant.Id).Select(weights => weights.Name)], variant.Aliases,
        [variant.InputShape.Channels, variant.InputShape.Height, variant.InputShape.Width], variant.Description);

    private static void Show(IReadOnlyList<ListedModel> models, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns(new TableColumn("Family"), new TableColumn("Id"), new TableColumn("Parameters").RightAligned(), new TableColumn("Weights"), new TableColumn("What"));
        foreach (var family in models.GroupBy(model => model.Family))
        {
            if (table.Rows.Count > 0) table.AddEmptyRow();
            foreach (var (place, model) in family.Index())
            {
                table.AddRow(new[]
                {
                    place == 0 ? model.Family : "", model.Id, model.Parameters.ToString("N0", CultureInfo.InvariantCulture),
                    string.Join(", ", model.Weights), model.Description,
                }.Select(Markup.Escape).ToArray());
            }
        }
        console.Write(table);
    }
}
