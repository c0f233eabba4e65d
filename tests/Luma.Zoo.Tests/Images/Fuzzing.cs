using System.Globalization;

namespace Luma.Zoo.Tests.Images;

/// <summary>How long tests look for files that break a decoder.</summary>
internal static class Fuzzing
{
    /// <summary>How many files to try: what <c>LUMA_FUZZ_ROUNDS</c> says, or a number that takes seconds.</summary>
    public static int Rounds(int usual) =>
        Environment.GetEnvironmentVariable("LUMA_FUZZ_ROUNDS") is { Length: > 0 } rounds ? int.Parse(rounds, CultureInfo.InvariantCulture) : usual;
}
