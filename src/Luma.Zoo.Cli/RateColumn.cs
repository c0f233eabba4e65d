using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Luma.Zoo.Cli;

/// <summary>How many of something are done, and how many in a second.</summary>
/// <param name="unit">What they are called.</param>
internal sealed class RateColumn(string unit) : ProgressColumn
{
    /// <inheritdoc/>
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        var rate = task.Speed is { } speed ? string.Create(CultureInfo.InvariantCulture, $"{speed:N1} {unit}/s") : $"? {unit}/s";
        return new Text(rate);
    }
}
