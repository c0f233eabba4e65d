using System.CommandLine;
using Luma.Neural.Native;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma preprocess</c>: the network's input for images, to look at or to compare with PyTorch.</summary>
internal static class PreprocessCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new ClassifierInput();
        var images = new Argument<string[]>("image") { Description = "Images, all of which go into the file.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output")
        {
            Description = "The file to write: .safetensors, or PyTorch's format as .pth, .pt or .bin. Its tensor 'input' is (N, C, H, W).",
            Required = true,
            HelpName = "FILE",
        };
        var json = Options.Json();
        var command = new Command("preprocess", "Write what a network is shown of images: the input that 'luma forward' takes.") { input.Model, images, output };
        input.AddTo(command);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                var target = parsed.GetValue(output)!;
                var format = WeightTarget.Check(target);
                var model = input.Reference(parsed);
                FileTarget.CheckNotRead(target, [.. input.Files(parsed, model), .. parsed.GetValue(images)!], "--output");
                var known = model.Source.Folder is null ? ModelZoo.FindKnown(model.Variant.Id, model.Weights ?? ModelZoo.DefaultWeights) : null;
                var options = input.Read(parsed);
                var (preset, _) = ModelZoo.PresetOf(model.Source, known, network: null, options);

                using var scope = NewDisposeScope();
                var count = parsed.GetValue(images)!.Length;
                // Each by itself, and all together.
                MemoryGuard.Ensure(preset.GetInputShape().Aggregate(2.0 * sizeof(float) * count, (product, size) => product * size), $"the input of {count} images");
                var writer = new InputWriter(preset, options.Decoding!);
                List<Tensor> inputs = [];
                foreach (var path in parsed.GetValue(images)!)
                {
                    cancellation.ThrowIfCancellationRequested();
                    inputs.Add(writer.Read(WeightOptions.Path(path)));
                }
                using var state = StateDict.Of([KeyValuePair.Create("input", stack(inputs))]);
                state.Save(target, format, cancellationToken: cancellation);

                var report = new PreprocessedImages(target, state.Entries[0].Shape, preset);
                if (parsed.GetValue(json)) terminal.WriteJson(report, Json.Default.PreprocessedImages);
                else terminal.Out.WriteLine($"{target}: ({string.Join(", ", report.Shape)}), {preset}");
            },
            CancellationToken.None));
        return command;
    }
}
