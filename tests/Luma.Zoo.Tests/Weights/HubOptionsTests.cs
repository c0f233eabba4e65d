using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Where the cache is, and what the environment says of it.</summary>
public sealed class HubOptionsTests
{
    [Theory]
    [InlineData("/t/hub/checkpoints", "TORCH_HOME=/t", "XDG_CACHE_HOME=/x")]
    [InlineData("/x/torch/hub/checkpoints", "XDG_CACHE_HOME=/x")]
    [InlineData("~/.cache/torch/hub/checkpoints")]
    [InlineData("~/.cache/torch/hub/checkpoints", "TORCH_HOME=", "XDG_CACHE_HOME=")]
    [InlineData("~/torch/hub/checkpoints", "TORCH_HOME=~/torch")]
    [InlineData("~/hub/checkpoints", "TORCH_HOME=~")]
    public void The_cache_is_pytorchs(string expected, params string[] environment)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        Assert.Equal(
            expected.Replace("~", home, StringComparison.Ordinal), HubOptions.FolderOf(In(environment)).Replace('\\', '/'));
    }

    [Theory]
    [InlineData(true, "LUMA_OFFLINE=1")]
    [InlineData(true, "LUMA_OFFLINE=yes")]
    [InlineData(false, "LUMA_OFFLINE=0")]
    [InlineData(false, "LUMA_OFFLINE=False")]
    [InlineData(false, "LUMA_OFFLINE=")]
    [InlineData(false)]
    public void The_environment_says_whether_to_stay_offline(bool expected, params string[] environment) =>
        Assert.Equal(expected, HubOptions.OfflineOf(In(environment)));

    [Theory]
    [InlineData("http://m", "LUMA_MIRROR=http://m")]
    [InlineData(null, "LUMA_MIRROR=")]
    [InlineData(null)]
    public void The_environment_names_a_mirror(string? expected, params string[] environment) =>
        Assert.Equal(expected, HubOptions.MirrorOf(In(environment)));

    [Theory]
    [InlineData("resnet18-f37072fd.pth", "f37072fd")]
    [InlineData("vgg16_features-amdegroot-88682ab5.pth", "88682ab5")]
    [InlineData("weights.pth", null)]
    [InlineData("weights-v2.pth", null)]
    [InlineData("weights-12345678.tar.gz", null)]
    public void The_hash_stands_at_the_end_of_the_name(string name, string? expected) => Assert.Equal(expected, Hub.HashPrefixOf(name));

    [Fact]
    public void An_address_without_a_file_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Hub().GetPath(new Uri("https://weights.invalid/models/")));

    private static Func<string, string?> In(string[] environment) =>
        name => environment.Select(pair => pair.Split('=', 2)).FirstOrDefault(pair => pair[0] == name)?[1];
}
