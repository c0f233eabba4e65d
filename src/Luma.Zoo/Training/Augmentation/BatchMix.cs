using Luma.Neural;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Mixing each image of a batch with the one before it, given in which shares. Equal to torchvision's to the bit.</summary>
internal static class BatchMix
{
    /// <summary>Refuses what is no batch.</summary>
    public static void Check(Tensor inputs, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        if (inputs.dim() != 4) throw new ArgumentException($"Expected (N, C, H, W), got ({string.Join(", ", inputs.shape)}).", nameof(inputs));
        if (targets.dim() != 2 || targets.shape[0] != inputs.shape[0] || !targets.is_floating_point())
        {
            throw new ArgumentException(
                $"Expected floats ({inputs.shape[0]}, K), got {targets.dtype} ({string.Join(", ", targets.shape)}).", nameof(targets));
        }
    }

    /// <summary>So much of each row, and the rest of the row before it; the first one's is the last.</summary>
    public static Tensor Blend(Tensor rows, double share)
    {
        using var scope = NewDisposeScope();
        return rows.roll(1, 0).MultiplyBy(1 - share).Increase(rows.Times(share)).MoveToOuterDisposeScope();
    }

    /// <summary>Each image with a part of the one before it.</summary>
    public static Tensor Paste(Tensor inputs, Window window)
    {
        using var scope = NewDisposeScope();
        var pasted = inputs.clone();
        if (window is { Width: > 0, Height: > 0 })
        {
            Part(pasted).copy_(Part(inputs).roll(1, 0));
        }
        return pasted.MoveToOuterDisposeScope();

        Tensor Part(Tensor images) => images.narrow(2, window.Top, window.Height).narrow(3, window.Left, window.Width);
    }
}
