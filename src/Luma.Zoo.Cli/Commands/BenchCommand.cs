using System.CommandLine;
using System.Globalization;
using Luma.Neural.Native;
using Spectre.Console;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma bench</c>: how fast a network is in each of the forms that it can be run in.</summary>
internal static class BenchCommand
{
    private const int Rounds = 7;

    public static Command Create(Terminal terminal)
    {
        var (model, weights, config, json) = (Options.Model(), Options.Weights(), Options.Config(), Options.Json());
        var batch = new Option<IReadOnlyList<long>>("--batch")
        {
            Description = "How many images a pass has; several numbers with commas between are measured one after the other.",
            HelpName = "N,N",
            DefaultValueFactory = _ => [1],
            CustomParser = result => Parse(result.Tokens[0].Value)
                ?? Options.Report<IReadOnlyList<long>>(result, $"'{result.Tokens[0].Value}' is no batch: write whole numbers from 1 to 65,536 like 1,8"),
        };
        var threads = Options.Number("--threads", "How many threads compute; by default as many as there are processors.", most: 1024);
        var rounds = Options.Number("--rounds", $"How often each form has its turn, {Rounds} by default: the more, the steadier.", most: 10_000);

        var command = new Command("bench", "Measure how fast a network is, as it is, compiled, and in ONNX Runtime: medians of passes over drawn images, in blocks that alternate.")
        {
            model, weights, config, batch, threads, rounds, json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                var reference = ModelReference.Parse(parsed.GetValue(model)!, parsed.GetValue(weights));
                NativeLibraries.EnsureLoaded();
                NativeHeap.KeepFreed();
                if (parsed.GetValue(threads) is { } number) set_num_threads((int)number);

                var options = reference.Source.Choose(new ModelOptions { Config = parsed.GetValue(config) });
                using var network = reference.Weights is { } file
                    ? ModelZoo.CreatePretrained(reference.Variant.Id, options, file, out _, file: reference.Source.Opening(null))
                    : ModelZoo.Create(reference.Variant.Id, options);
                network.eval();
                long[] image = [.. Shape.OneImage(reference).Sizes.Skip(1)];

                using var bench = new NetworkBench(network, image, terminal.Say);
                var batches = parsed.GetValue(batch)!;
                var rows = batches.SelectMany(count => bench.Measure(count, (int)(parsed.GetValue(rounds) ?? Rounds), cancellation)).ToList();
                terminal.Say("choosing an engine");
                var report = new BenchReport(reference.Variant.Id, image, get_num_threads(), rows, bench.LeftOut, bench.Choose(batches, cancellation));
                if (parsed.GetValue(json)) terminal.WriteJson(report, Json.Default.BenchReport);
                else Show(report, terminal);
            },
            CancellationToken.None));
        return command;
    }

    private static void Show(BenchReport report, Terminal terminal)
    {
        terminal.Out.WriteLine($"{report.Id}, images of ({string.Join(", ", report.Image)}), {report.Threads} {(report.Threads == 1 ? "thread" : "threads")}");
        var table = new Table { Border = TableBorder.Minimal };
        table.AddColumn("form");
        foreach (var column in (string[])["batch", "ms", "images/s", "to eager", "prepared in ms", "memory MB"]) table.AddColumn(column, settings => settings.RightAligned());
        foreach (var row in report.Forms)
        {
            table.AddRow(
                row.Form, Text(row.Batch, "F0"), Text(row.Milliseconds, "F2"), Text(row.ImagesPerSecond, "F1"), Text(row.RatioToEager, "F2"),
                Text(row.PreparationMilliseconds, "F0"), Text(row.Megabytes, "F0"));
        }
        terminal.Console.Write(table);
        foreach (var form in report.LeftOut) terminal.Out.WriteLine($"left out: {form}");
        foreach (var choice in report.Auto)
        {
            var times = string.Join(", ", choice.Milliseconds.Select(time => $"{time.Key} {Text(time.Value, "F2")} ms"));
            terminal.Out.WriteLine($"Engine.Auto takes {choice.Engine} for {(choice.Batch == 1 ? "1 image" : $"{choice.Batch} images")}{(times.Length > 0 ? $": {times}" : "")}");
        }
    }

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);

    private static List<long>? Parse(string text)
    {
        var numbers = new List<long>();
        foreach (var part in text.Split(','))
        {
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65_536) return null;
            numbers.Add(number);
        }
        return numbers;
    }
}
