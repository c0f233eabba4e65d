using System.Text.Json;
using Luma.Neural;
using Luma.Neural.Observation;
using Luma.Zoo.Tests.Models;

namespace Luma.Zoo.Tests.Summary;

/// <summary>The summaries of the networks of the catalogue.</summary>
[Collection(nameof(WholeCatalogue))]
[Trait("Category", "Slow")]
public class CatalogueSummaryTests
{
    private static readonly Dictionary<string, JsonElement> Totals = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "summary", "torchvision.json")))
        .RootElement.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value);

    public static TheoryData<string> Ids => Catalogue.UpTo(100_000_000);

    public static TheoryData<string> IdsWithTotals => Catalogue.UpTo(100_000_000, model => Totals.ContainsKey(model.Id));

    [Theory, MemberData(nameof(IdsWithTotals))]
    public void A_network_of_torchvision_has_torchinfos_totals(string id)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Find(id).Variant.Build(new());

        var summary = network.Summary(1, 3, 224, 224);

        Assert.Equal(Totals[id].GetProperty("parameters").GetInt64(), summary.Parameters);
        Assert.Equal(Totals[id].GetProperty("multiplyAdds").GetInt64(), summary.MultiplyAdds);
        Assert.Equal(Totals[id].GetProperty("forwardBackwardBytes").GetInt64(), summary.ForwardBackwardBytes);
    }

    [Theory, MemberData(nameof(Ids))]
    public void Every_network_has_a_summary_whose_rows_add_up(string id)
    {
        using var skip = Initializers.Skip();
        var variant = ModelZoo.Find(id).Variant;
        var shape = ModelGolden.SmallestInput(id);
        using var network = variant.Build(new() { ImageSize = id.StartsWith("vit_", StringComparison.Ordinal) ? shape[1] : null });

        var summary = network.Summary([1, .. shape]);

        Assert.Equal(ModelFigures.Of(network).Parameters, summary.TrainableParameters);
        Assert.Equal(summary.Parameters, summary.Rows.Sum(row => row.OwnParameters));
        Assert.Equal(summary.MultiplyAdds, summary.Rows.Where(row => row.Children.Count == 0).Sum(row => row.MultiplyAdds));
        Assert.True(summary.MultiplyAdds > 0);
        Assert.Equal(network.GetName(), summary.Root.Type);
        Assert.All(summary.Rows.GroupBy(row => row.Depth), level => Assert.Equal(Enumerable.Range(1, level.Count()), level.Select(row => row.Index)));
        Assert.DoesNotContain("(recursive)", summary.ToText(0), StringComparison.Ordinal);
    }
}
