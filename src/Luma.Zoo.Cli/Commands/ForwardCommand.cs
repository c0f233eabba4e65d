using System.CommandLine;
using System.Globalization;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Native;
using Luma.Neural.Observation;
using Luma.Zoo.Models;
using Luma.Zoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma forward</c>: one pass of a network over a given or a random input, to compare with PyTorch.</summary>
internal static class ForwardCommand
{
    public static Command Create(Terminal terminal)
    {
        var (model, weights, config, numClasses, json) = (Options.Model(), Options.Weights(), Options.Config(), Options.NumClasses(), Options.Json());
        var (mirror, offline, heads) = (Options.Mirror(), Options.Offline(), Options.AuxiliaryHeads());
        var (shortcut, device) = (Options.Shortcut(), DeviceChoice.Option());
        var (key, inertExtras, transform) = (WeightOptions.Key(), WeightOptions.InertExtras(), WeightOptions.TransformInput());
        var file = new Option<string?>("--input") { Description = "Take the input from a safetensors file: its only tensor, or the one named 'input'.", HelpName = "FILE" };
        var seed = Options.Number("--seed", "Seed PyTorch's random number generator before the network is built and the input is drawn.", long.MinValue, long.MaxValue);
        var save = new Option<string?>("--save")
        {
            Description = "Also save the weights that were used: as .safetensors, or in PyTorch's zip format as .pth, .pt or .bin.",
            HelpName = "FILE",
        };
        var shape = Options.Shape("Draw the input uniformly from [0, 1) in this shape; by default one image of the network's own size.");

        var command = new Command("forward", "Run a network once, in evaluation mode, and print its output.")
        {
            model, weights, config, numClasses, heads, shortcut, seed, shape, file, save, transform, key, inertExtras, mirror, offline, device, json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(async () =>
        {
            if (parsed.GetValue(file) is not null && parsed.GetValue(shape) is not null)
                throw new UsageException("--input and --shape exclude each other: the file's tensor has its own shape");

            var target = parsed.GetValue(save);
            var format = target is null ? default : WeightTarget.Check(target);
            var reference = ModelReference.Parse(parsed.GetValue(model)!, parsed.GetValue(weights));
            var (variant, given) = (reference.Variant, reference.Weights);
            var hub = Options.MakeHub(parsed.GetValue(mirror), parsed.GetValue(offline));
            if (given is not null) await DownloadCommand.FetchAsync(terminal, hub, variant.Id, given, cancellation);
            var options = reference.Source.Choose(new ModelOptions
            {
                Config = parsed.GetValue(config),
                NumClasses = parsed.GetValue(numClasses),
                TransformInput = parsed.GetValue(transform),
                AuxiliaryHeads = parsed.GetValue(heads),
                Shortcut = parsed.GetValue(shortcut),
            });

            NativeLibraries.EnsureLoaded();
            var place = parsed.GetValue(device)?.Find() ?? CPU;
            using var scope = NewDisposeScope();
            var opening = WeightOptions.Of(parsed.GetValue(key), parsed.GetValue(inertExtras));
            IReadOnlyList<string>? notes = null;
            using var loaded = given is null ? null : Load(terminal, variant, given, ref options, hub, reference.Source.Opening(opening)!, out notes);
            // Seeded, the weights are drawn even where others take their place: what is drawn next is the input.
            if (parsed.GetValue(seed) is { } number) manual_seed(number);
            using var drawn = given is null || parsed.GetValue(seed) is not null ? ModelZoo.Create(variant.Id, options) : null;
            var network = loaded ?? drawn!;
            var input = parsed.GetValue(file) is { } path
                ? ReadInput(path)
                : Shape.Draw((parsed.GetValue(shape) ?? Shape.OneImage(reference)).Sizes);

            network.eval();
            // The weights and the input were drawn on the CPU, whose generator is the one that Python's numbers come from.
            network.to(place);
            using var inference = inference_mode();
            using var stoppable = ForwardPass.Observe(new Stoppable(cancellation));
            var output = Shape.Try(variant, input.shape, () => network.call(input.to(place)));

            if (target is not null)
            {
                network.to(CPU);
                using var ran = StateDict.Of(network);
                ran.Save(target, format, cancellationToken: cancellation);
            }
            var report = new ForwardReport(output.shape, output.to(float32).cpu().data<float>().ToArray(), notes);
            if (report.Output.Any(number => !float.IsFinite(number)))
                terminal.Error.WriteLine("luma: the output has NaN or infinite numbers: the weights or the input are damaged, or too large");
            if (parsed.GetValue(json)) terminal.WriteJson(report, Json.Default.ForwardReport);
            else Show(report, terminal.Out);
        }, CancellationToken.None));
        return command;
    }

    private static Block Load(
        Terminal terminal, ModelVariant variant, string weights, ref ModelOptions options, Hub hub, WeightFileOptions file, out IReadOnlyList<string>? notes)
    {
        var network = ModelZoo.CreatePretrained(variant.Id, options, weights, out var report, hub, file);
        options = options with
        {
            NumClasses = options.NumClasses ?? report.ClassesOfWeights,
            AuxiliaryHeads = options.AuxiliaryHeads ?? (network as AuxiliaryNetwork)?.HasAuxiliaries,
            Shortcut = options.Shortcut ?? (network as CifarResNet)?.Shortcut,
        };
        notes = WeightOptions.Say(terminal, weights, report);
        return network;
    }

    private static Tensor ReadInput(string path)
    {
        using var tensors = StateDict.Open(path);
        var entry = tensors.Entries.Count == 1 ? tensors.Entries[0]
            : tensors.TryGet("input", out var named) ? named
            : throw new UserException($"{path}: it has {tensors.Entries.Count} tensors, and none of them is named input");
        return entry.ToTensor().to(float32);
    }

    private static void Show(ForwardReport report, TextWriter writer)
    {
        writer.WriteLine($"shape ({string.Join(", ", report.Shape)})");
        foreach (var number in report.Output) writer.WriteLine(number.ToString("R", CultureInfo.InvariantCulture));
    }
}
