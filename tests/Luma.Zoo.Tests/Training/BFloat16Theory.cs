using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.Tests.Training;

/// <summary>A theory that takes minutes where the processor has no instructions for bfloat16.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BFloat16TheoryAttribute : TheoryAttribute
{
    public BFloat16TheoryAttribute()
    {
        if (!OneDnnTypes.Include(ScalarType.BFloat16)) Skip = "this processor has no instructions for bfloat16";
    }
}
