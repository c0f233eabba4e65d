using Luma.Neural;

namespace Luma.Zoo.Tests.Models;

public class CatalogueTests
{
    public static TheoryData<string> Ids => [.. ModelZoo.Models.Select(model => model.Id)];

    [Theory, MemberData(nameof(Ids))]
    public void The_catalogue_states_the_number_of_parameters(string id)
    {
        using var skip = Initializers.Skip();
        var variant = ModelZoo.Find(id).Variant;
        using var network = variant.Build(new());

        Assert.Equal(variant.Parameters, ModelFigures.Of(network).Parameters);
    }

    [Theory, MemberData(nameof(Ids))]
    public void An_id_is_found_in_any_case(string id) => Assert.Equal(id, ModelZoo.Find(id.ToUpperInvariant()).Variant.Id);

    [Fact]
    public void An_unknown_id_names_the_nearest()
    {
        var error = Assert.Throws<UnknownModelException>(() => ModelZoo.Create("lenet5"));

        Assert.Equal("There is no network 'lenet5'; did you mean lenet_5, lenet_1, lenet_4?", error.Message);
    }

    [Fact]
    public void An_id_like_no_other_names_none() =>
        Assert.Equal("There is no network 'xyzzy'; 'luma list' shows all.", Assert.Throws<UnknownModelException>(() => ModelZoo.Create("xyzzy")).Message);

    [Theory]
    [InlineData(0L, null)]
    [InlineData(null, -1L)]
    public void A_network_without_classes_or_channels_is_refused(long? classes, long? channels) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelZoo.Create("lenet_5", classes, channels));
}
