using System.CommandLine;
using System.Globalization;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma pack</c>: a model folder with everything that belongs to a model.</summary>
internal static class PackCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new ClassifierInput();
        var output = new Option<string>("--output")
        {
            Description = "The folder to write, with model.json and model.safetensors; or a file whose name ends in .luma, which has both.",
            Required = true,
            HelpName = "FOLDER|FILE",
        };
        var force = new Option<bool>("--force") { Description = "Replace a model that is already there." };
        var json = Options.Json();
        var command = new Command("pack", "Put a network, its weights, its class names and how it takes images together in a model folder.") { input.Model, output, force };
        input.AddTo(command);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var target = WeightOptions.Path(parsed.GetValue(output)!);
                FileTarget.CheckName(target);
                ModelWriter.Check(target, parsed.GetValue(force));
                var model = input.Reference(parsed);
                var options = input.Read(parsed);
                await ClassifierInput.FetchAsync(terminal, model, options, cancellation);
                var (folder, report) = await terminal.ShowProgressAsync("writing", progress => Task.FromResult(ModelPacker.Pack(
                    model.Source, options, target, parsed.GetValue(force),
                    new Immediate<Weights.ByteProgress>(step => progress(step.Done, step.Total)), cancellation)));
                var notes = ClassifierInput.Say(terminal, model, report);

                var manifest = folder.Manifest;
                if (parsed.GetValue(json)) terminal.WriteJson(new(target, manifest.Model, manifest.Classes.Count, manifest.Preset, notes), Json.Default.PackedModel);
                else terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target}: {manifest.Model}, {manifest.Classes.Count:N0} classes, {manifest.Preset}"));
            },
            CancellationToken.None));
        return command;
    }
}
