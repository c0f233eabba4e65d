using Luma.Zoo.Export.Onnx;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Tests.Weights;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>An exported model in ML.NET, as docs/export.md shows it.</summary>
public class MachineLearningNetTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pipeline_computes_what_the_network_does(bool isDynamic)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = SmallNetwork.Build("squeezenet1_1", out var shape);
        network.eval();
        var path = folder.File("model.onnx");
        network.ExportOnnx(path, new() { InputShape = shape, DynamicSize = isDynamic });
        var images = ModelGolden.DrawImages(2, shape);
        int[] one = [1, .. shape.Select(size => (int)size)];

        var context = new MLContext();
        var pipeline = context.Transforms.ApplyOnnxModel(
            ["output"], ["input"], path, new Dictionary<string, int[]> { ["input"] = one, ["output"] = [1, 10] }, recursionLimit: 100);
        var schema = SchemaDefinition.Create(typeof(Image));
        schema["input"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, one);
        var rows = context.Data.LoadFromEnumerable(images.unbind().Select(image => new Image { Pixels = image.contiguous().data<float>().ToArray() }), schema);
        var answers = context.Data.CreateEnumerable<Answer>(pipeline.Fit(rows).Transform(rows), reuseRowObject: false).Select(answer => answer.Scores).ToList();

        using var noGrad = no_grad();
        Assert.Equal(2, answers.Count);
        Assert.InRange(ModelGolden.Difference(network.call(images).data<float>().ToArray(), [.. answers.SelectMany(scores => scores)]), 0, 1e-4);
    }

    private sealed class Image
    {
        [ColumnName("input")]
        public float[] Pixels { get; set; } = [];
    }

    private sealed class Answer
    {
        [ColumnName("output")]
        public float[] Scores { get; set; } = [];
    }
}
