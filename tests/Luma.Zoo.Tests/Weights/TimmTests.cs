using Luma.Neural;
using Luma.Zoo.Models;
using Luma.Zoo.Tests.Cli;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Weight files of timm: what fits is loaded by its names, what computes something else is refused.</summary>
public class TimmTests
{
    private static readonly TimmGolden Golden = TimmGolden.Names;

    // By timm's id: what the refusal says.
    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["resnet50d"] = "a stem of three convolutions ('conv1.0.weight')",
        ["seresnet50"] = "an attention of channels in its blocks ('layer1.0.se.fc1.weight')",
        ["ecaresnet50d"] = "a stem of three convolutions",
        ["resnetblur18"] = "blurs where it halves the size",
        ["resnetblur50"] = "blurs where it halves the size",
        ["resnetaa50"] = "averages where it halves the size",
        ["densenetblur121d"] = "a stem of three convolutions ('features.conv1.weight')",
        ["efficientnet_b5"] = "have an epsilon of 1e-5 in their norms",
        ["efficientnet_b6"] = "have an epsilon of 1e-5 in their norms",
        ["efficientnet_b7"] = "have an epsilon of 1e-5 in their norms",
        ["efficientnetv2_s"] = "have an epsilon of 1e-5 in their norms",
        ["efficientnetv2_m"] = "have an epsilon of 1e-5 in their norms",
        ["efficientnetv2_l"] = "have an epsilon of 1e-5 in their norms",
        ["efficientnet_blur_b0"] = "blurs where it halves the size",
        ["tf_efficientnet_b0"] = "TensorFlow's padding and an epsilon of 1e-3 in its norms; timm's efficientnet_b0 has neither, and would fit",
        ["tf_efficientnet_b1"] = "timm's efficientnet_b1 has neither",
        ["tf_efficientnet_b2"] = "timm's efficientnet_b2 has neither",
        ["tf_efficientnet_b3"] = "timm's efficientnet_b3 has neither",
        ["tf_efficientnet_b4"] = "timm's efficientnet_b4 has neither",
        ["tf_efficientnet_b5"] = "where they have this one's of 1e-3, TensorFlow's padding",
        ["tf_efficientnet_b6"] = "where they have this one's of 1e-3, TensorFlow's padding",
        ["tf_efficientnet_b7"] = "where they have this one's of 1e-3, TensorFlow's padding",
        ["tf_efficientnetv2_s"] = "where they have this one's of 1e-3, TensorFlow's padding",
        ["vit_base_patch16_clip_224"] = "a norm before its layers ('norm_pre.weight')",
        ["vit_base_patch14_dinov2"] = "scaled branches ('blocks.0.ls1.gamma')",
        ["vit_base_patch14_reg4_dinov2"] = "registers beside its class token ('reg_token')",
        ["deit3_base_patch16_224"] = "scaled branches ('blocks.0.ls1.gamma')",
        ["deit_base_distilled_patch16_224"] = "a token for distillation ('dist_token')",
        ["flexivit_base"] = "it gives its class token no position",
        ["vit_base_patch16_224_miil"] = "its queries, keys and values have no bias",
        ["vit_base_patch16_siglip_224"] = "an attention before its head ('attn_pool.latent')",
        ["vit_base_patch16_rope_224"] = "scaled branches ('blocks.0.gamma_1')",
        ["vit_base_r50_s16_224"] = "a convolutional network before it ('patch_embed.backbone.stem.conv.weight')",
        ["vit_relpos_base_patch16_224"] = "positions relative to each other ('blocks.0.attn.rel_pos.mlp.fc1.weight')",
        ["beit_base_patch16_224"] = "positions relative to each other ('blocks.0.attn.relative_position_bias_table')",
        ["swin_base_patch4_window12_384"] = "its windows are 12 pixels wide ('layers.0.blocks.0.attn.relative_position_bias_table'), and this one's 7",
        ["swin_s3_tiny_224"] = "its windows are 14 pixels wide ('layers.2.blocks.0.attn.relative_position_bias_table'), and this one's 7",
        ["swinv2_tiny_window16_256"] = "its windows have another size; timm's network that would fit ends in window8_256",
        ["swinv2_base_window12to16_192to256"] = "its windows have another size; timm's network that would fit ends in window8_256",
        ["convnextv2_tiny"] = "version 2's response normalisation ('stages.0.blocks.0.mlp.grn.weight')",
        ["convnext_tiny_hnf"] = "its last norm before the pooling, not after it ('norm_pre.weight')",
        ["convnext_large_mlp"] = "another layer before its head ('head.pre_logits.fc.weight')",
    };

    public static TheoryData<string> Loaded => [.. Golden.Loaded.Keys];

    public static TheoryData<string> Old => [.. Golden.Old.Keys];

    public static TheoryData<string> Refused => [.. Golden.Refused.Keys];

    // Which of the runs, and whether under the names of the network's authors.
    public static TheoryData<int, bool> Runs
    {
        get
        {
            var data = new TheoryData<int, bool>();
            foreach (var (index, run) in TimmGolden.Runs.Index())
            {
                data.Add(index, false);
                if (Golden.Old.ContainsKey(run.Timm)) data.Add(index, true);
            }
            return data;
        }
    }

    // One network of each key map, and its head.
    public static TheoryData<string, string[]> Heads => new()
    {
        { "resnet18", ["fc.weight", "fc.bias"] },
        { "vgg11", ["classifier.6.weight", "classifier.6.bias"] },
        { "densenet121", ["classifier.weight", "classifier.bias"] },
        { "efficientnet_b0", ["classifier.1.weight", "classifier.1.bias"] },
        { "vit_base_patch32_224", ["heads.head.weight", "heads.head.bias"] },
        { "swin_tiny_patch4_window7_224", ["head.weight", "head.bias"] },
        { "swinv2_tiny_window8_256", ["head.weight", "head.bias"] },
        { "convnext_tiny", ["classifier.2.weight", "classifier.2.bias"] },
    };

    [Theory, MemberData(nameof(Loaded))]
    public void The_names_types_and_shapes_become_the_networks(string timm)
    {
        using var scope = NewDisposeScope();
        var (id, lines) = Golden.Loaded[timm];

        AssertFits(id, StateDict.Of(TimmGolden.Tensors(lines), $"{timm}.safetensors"));
    }

    [Theory, MemberData(nameof(Old))]
    public void So_do_those_of_the_authors(string timm)
    {
        using var scope = NewDisposeScope();
        var (id, lines) = Golden.Loaded[timm];

        AssertFits(id, StateDict.Of(Authors(timm, TimmGolden.Tensors(lines)), "checkpoint.pth"));
    }

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Runs))]
    public void The_network_computes_what_timms_computes(int index, bool old)
    {
        using var scope = NewDisposeScope();
        var run = TimmGolden.Runs[index];
        var tensors = TimmGolden.Tensors(run.Tensors ?? Golden.Loaded[run.Timm].Tensors, ModelGolden.Classes);
        manual_seed(1);
        ModelGolden.Fill(tensors, run.Gain);
        var images = ModelGolden.DrawImages(2, run.Input);
        using var network = Build(run.Id);

        var report = ModelZoo.Load(network, run.Id, StateDict.Of(old ? Authors(run.Timm, tensors) : tensors, run.Timm));

        Assert.True(report.IsComplete);
        network.eval();
        using var inference = inference_mode();
        Assert.InRange(ModelGolden.Difference(run.Output, network.call(images).data<float>().ToArray()), 0, 2e-5);
    }

    [Fact]
    public void Every_refusal_has_its_reason() => Assert.Equal(Golden.Refused.Keys.Order(), Reasons.Keys.Order());

    [Theory, MemberData(nameof(Refused))]
    public void What_computes_something_else_is_refused_with_the_reason(string timm)
    {
        using var scope = NewDisposeScope();
        var (id, lines) = Golden.Refused[timm];
        using var network = Build(id);

        var error = Assert.Throws<DifferentNetworkException>(
            () => ModelZoo.Load(network, id, StateDict.Of(TimmGolden.Tensors(lines), $"{timm}.safetensors"), freshHead: true));

        Assert.Contains(Reasons[timm], error.Reason, StringComparison.Ordinal);
        Assert.Equal($"{timm}.safetensors is not for {id}: {error.Reason}.", error.Message);
    }

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Heads))]
    public void Another_number_of_classes_keeps_the_body_and_leaves_the_head_fresh(string timm, string[] head)
    {
        using var scope = NewDisposeScope();
        var (id, lines) = Golden.Loaded[timm];
        var tensors = TimmGolden.Tensors(lines);
        foreach (var (_, tensor) in tensors) tensor.fill_(1);
        using var network = Build(id);

        foreach (var has in new[] { true, false })
        {
            var state = network.state_dict().Where(entry => !entry.Key.EndsWith("relative_position_index", StringComparison.Ordinal)
                && !entry.Key.EndsWith("relative_coords_table", StringComparison.Ordinal)).ToList();
            foreach (var (_, tensor) in state) tensor.detach().fill_(3);
            var weights = StateDict.Of(tensors.Where(entry => has || !TimmGolden.IsHead(entry.Key)), timm);
            Assert.Throws<WeightMismatchException>(() => ModelZoo.Load(network, id, weights));

            var report = ModelZoo.Load(network, id, weights, freshHead: true);

            Assert.True(report.IsComplete);
            Assert.Equal(head, report.Fresh);
            Assert.All(state, entry => Assert.True(
                head.Contains(entry.Key) ? entry.Value.eq(3).all().item<bool>() : !entry.Value.eq(3).any().item<bool>(), entry.Key));
        }
    }

    [Fact]
    public void A_layer_before_the_head_makes_another_vision_transformer()
    {
        using var scope = NewDisposeScope();
        var tensors = TimmGolden.Tensors(Golden.Loaded["vit_base_patch32_224"].Tensors);
        tensors.Add(KeyValuePair.Create("pre_logits.fc.weight", zeros(768, 768)));

        AssertRefused(
            "vit_b_32", StateDict.Of(tensors, "old.pth"),
            "its network has another layer before its head ('pre_logits.fc.weight'), and this one does not");
    }

    [Fact]
    public void Local_response_normalisation_is_not_timms()
    {
        using var scope = NewDisposeScope();

        AssertRefused(
            "vgg11_lrn", StateDict.Of(TimmGolden.Tensors(Golden.Loaded["vgg11"].Tensors), "vgg11"),
            "timm's networks have no local response normalisation");
    }

    [Theory]
    [InlineData("relative_position_index", new long[] { 64, 64 }, null)]
    [InlineData("relative_position_index", new long[] { 256, 256 }, 16)]
    [InlineData("relative_coords_table", new long[] { 1, 15, 15, 2 }, null)]
    [InlineData("relative_coords_table", new long[] { 1, 23, 23, 2 }, 12)]
    public void Buffers_of_swin_v2_tell_the_size_of_its_windows(string buffer, long[] shape, int? other)
    {
        using var scope = NewDisposeScope();
        var tensors = TimmGolden.Tensors(Golden.Loaded["swinv2_tiny_window8_256"].Tensors, ModelGolden.Classes);
        var name = $"layers.0.blocks.0.attn.{buffer}";
        tensors.Add(KeyValuePair.Create(name, zeros(shape)));
        using var weights = StateDict.Of(tensors, "unnamed.pth");

        if (other is null) AssertFits("swin_v2_t", weights);
        else AssertRefused("swin_v2_t", weights, $"its windows are {other} pixels wide ('{name}'), and this one's 8");
    }

    [Theory]
    [InlineData("efficientnet_b0", "nothing in it tells timm's efficientnet_b0, which would fit, from tf_efficientnet_b0, which computes something else: "
        + "name the file, or the folder that it is in, after the one that it is")]
    [InlineData("swinv2_tiny_window8_256", "nothing in it tells timm's network with windows of 8 pixels, which would fit, from that with others: "
        + "name the file, or the folder that it is in, after the one that it is, which ends in window8_256")]
    public void Where_neither_names_nor_the_file_tell_nothing_is_guessed(string timm, string reason)
    {
        using var scope = NewDisposeScope();
        var (id, lines) = Golden.Loaded[timm];

        AssertRefused(id, StateDict.Of(TimmGolden.Tensors(lines), "model.safetensors"), reason);
    }

    // As Hugging Face's cache keeps files, as timm published them, and as people may keep them.
    [Theory]
    [InlineData("models--timm--efficientnet_b0.ra_in1k/snapshots/0123abcd/model.safetensors", true)]
    [InlineData("models--timm--tf_efficientnet_b0.ns_jft_in1k/snapshots/0123abcd/model.safetensors", false)]
    [InlineData("efficientnet_b0_ra-3dd342df.pth", true)]
    [InlineData("tf_efficientnet_b0_aa-827b6e33.pth", false)]
    [InlineData("tf_efficientnet_b0/efficientnet_b0.safetensors", true)]
    [InlineData("efficientnet_b0/a/b/c/model.safetensors", false)]
    public async Task A_file_is_known_by_its_name_or_its_folders(string path, bool fits)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var (input, output) = (folder.File(path), folder.File("out.safetensors"));
        Directory.CreateDirectory(Path.GetDirectoryName(input)!);
        var tensors = TimmGolden.Tensors(Golden.Loaded["efficientnet_b0"].Tensors, ModelGolden.Classes);
        manual_seed(1);
        ModelGolden.Fill(tensors, gain: 1);
        using (var weights = StateDict.Of(tensors)) weights.Save(input);

        var run = await Run.Of("convert", input, output, "--as", "efficientnet_b0", "--num-classes", $"{ModelGolden.Classes}");

        if (!fits)
        {
            Assert.StartsWith($"{input} is not for efficientnet_b0: ", run.Failure(), StringComparison.Ordinal);
            Assert.False(File.Exists(output));
            return;
        }
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var network = Build("efficientnet_b0");
        using var converted = StateDict.Open(output);
        Assert.Equal(network.state_dict().Keys, converted.Names);
        Assert.True(converted["features.0.0.weight"].ToTensor().IsSameAs(tensors[0].Value));

        using var tuned = ModelZoo.Create("efficientnet_b0", new ModelOptions { NumClasses = 7 }, input, out var report);
        Assert.EndsWith(" tensors loaded, 2 fresh: classifier.1.weight, classifier.1.bias", report.ToString(), StringComparison.Ordinal);
        Assert.True(tuned.state_dict()["features.0.0.weight"].IsSameAs(tensors[0].Value));
        Assert.Equal([7, 1280], tuned.state_dict()["classifier.1.weight"].shape);
    }

    [Fact]
    public async Task Images_are_classified_by_a_file_of_timms()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var tensors = TimmGolden.Tensors(Golden.Loaded["resnet18"].Tensors);
        manual_seed(1);
        ModelGolden.Fill(tensors, gain: 1);
        using var weights = StateDict.Of(tensors);
        var samples = Path.Combine(AppContext.BaseDirectory, "Images", "Samples");
        var image = Directory.EnumerateFiles(samples, "*.png").Order(StringComparer.Ordinal).First();
        string[] files = [folder.File("resnet18.a1_in1k.safetensors"), folder.File("resnetblur18.safetensors")];
        foreach (var file in files) weights.Save(file);

        var right = await Run.Of("classify", "resnet18", image, "--weights", files[0], "--resize", "256", "--json");
        var wrong = await Run.Of("classify", "resnet18", image, "--weights", files[1], "--json");

        Assert.Equal(5, right.Json()[0].GetProperty("predictions").GetArrayLength());
        Assert.Equal(
            $"{files[1]} is not for resnet18: by the name of the file its network blurs where it halves the size, and this one does not.",
            wrong.Failure());
    }

    [Fact, Trait("Category", "Slow")]
    public void Weights_saved_with_the_channels_last_are_put_in_order()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var tensors = TimmGolden.Tensors(Golden.Loaded["vgg11"].Tensors, ModelGolden.Classes);
        var index = tensors.FindIndex(entry => entry.Key == "pre_logits.fc1.weight");
        var plain = tensors[index].Value;
        tensors[index] = KeyValuePair.Create(tensors[index].Key, plain.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
        using var network = Build("vgg11");

        ModelZoo.Load(network, "vgg11", StateDict.Of(tensors, "vgg11"));

        Assert.True(network.state_dict()["classifier.0.weight"].IsSameAs(plain.reshape(4096, 25088)));
    }

    [Fact]
    public void Position_embeddings_of_another_image_size_are_loaded_as_they_are_by_a_network_for_that_size()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var tensors = TimmGolden.Tensors(Golden.Loaded["vit_base_patch32_224"].Tensors, ModelGolden.Classes);
        var index = tensors.FindIndex(entry => entry.Key == "pos_embed");
        var positions = randn(1, (12 * 12) + 1, 768);
        tensors[index] = KeyValuePair.Create(tensors[index].Key, positions);
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create("vit_b_32", new ModelOptions { NumClasses = ModelGolden.Classes, ImageSize = 384 });

        ModelZoo.Load(network, "vit_b_32", StateDict.Of(tensors, "vit_base_patch32_384"));

        Assert.True(network.state_dict()["encoder.pos_embedding"].IsSameAs(positions));
    }

    [Fact]
    public void The_oldest_vision_transformers_cut_the_image_by_a_dense_layer()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var tensors = TimmGolden.Tensors(Golden.Loaded["vit_base_patch32_224"].Tensors, ModelGolden.Classes);
        var index = tensors.FindIndex(entry => entry.Key == "patch_embed.proj.weight");
        var matrix = randn(768, 3 * 32 * 32);
        tensors[index] = KeyValuePair.Create(tensors[index].Key, matrix);
        using var network = Build("vit_b_32");

        ModelZoo.Load(network, "vit_b_32", StateDict.Of(tensors, "old.pth"));

        Assert.True(network.state_dict()["conv_proj.weight"].IsSameAs(matrix.reshape(768, 3, 32, 32)));
    }

    [Fact]
    public void A_Swin_transformer_of_another_window_takes_timms_weights_for_that_window()
    {
        using var scope = NewDisposeScope();
        var (id, lines) = Golden.Refused["swin_base_patch4_window12_384"];
        using var skip = Initializers.Skip();
        using var network = new SwinTransformer(SwinTransformer.Plans[id] with { Window = 12 });

        var report = ModelZoo.Load(
            network, id, StateDict.Of(TimmGolden.Tensors(lines), "swin_base_patch4_window12_384.safetensors"), freshHead: true);

        Assert.True(report.IsComplete);
        Assert.Contains("features.1.0.attn.relative_position_bias_table", report.Loaded);
    }

    [Fact]
    public void A_Swin_transformer_2_of_another_window_refuses_timms_weights()
    {
        using var scope = NewDisposeScope();
        var (id, lines) = Golden.Loaded["swinv2_tiny_window8_256"];
        using var skip = Initializers.Skip();
        using var network = new SwinTransformer(SwinTransformer.Plans[id] with { Window = 16 });

        var error = Assert.Throws<DifferentNetworkException>(
            () => ModelZoo.Load(network, id, StateDict.Of(TimmGolden.Tensors(lines), "swinv2_tiny_window8_256.safetensors")));

        Assert.Equal("of timm's networks only those with windows of 8 pixels fit, and this one's are 16 wide", error.Reason);
    }

    private static Block Build(string id, long classes = ModelGolden.Classes)
    {
        using var skip = Initializers.Skip();
        return ModelZoo.Create(id, classes);
    }

    private static void AssertFits(string id, StateDict weights)
    {
        var head = weights.Entries.Single(entry => TimmGolden.IsHead(entry.Name) && entry.Name.EndsWith(".weight", StringComparison.Ordinal));
        using var network = Build(id, head.Shape[0]);
        using var adapted = ModelZoo.Find(id).Variant.Adapt(weights, network);

        var expected = network.state_dict().Select(entry => $"{entry.Key} {entry.Value.dtype} ({string.Join(", ", entry.Value.shape)})");
        var actual = (adapted ?? weights).Entries.Select(entry => $"{entry.Name} {entry.DType} ({string.Join(", ", entry.Shape)})");
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    private static void AssertRefused(string id, StateDict weights, string reason)
    {
        using var network = Build(id);
        Assert.Equal(reason, Assert.Throws<DifferentNetworkException>(() => ModelZoo.Load(network, id, weights)).Reason);
    }

    // With the buffers that the authors of Swin keep: of two blocks, one of which shifts its windows.
    private static List<KeyValuePair<string, Tensor>> Authors(string timm, List<KeyValuePair<string, Tensor>> tensors)
    {
        List<KeyValuePair<string, Tensor>> old = [.. Golden.Old[timm].Zip(tensors, (name, entry) => KeyValuePair.Create(name, entry.Value))];
        if (!timm.StartsWith("swin", StringComparison.Ordinal)) return old;

        var (side, windows) = timm.StartsWith("swinv2", StringComparison.Ordinal) ? (8, 64) : (7, 64);
        var pixels = side * side;
        for (var block = 0; block < 2; block++)
            old.Add(KeyValuePair.Create($"layers.0.blocks.{block}.attn.relative_position_index", zeros(pixels, pixels, dtype: int64)));
        old.Add(KeyValuePair.Create("layers.0.blocks.1.attn_mask", zeros(windows, pixels, pixels)));
        return old;
    }
}
