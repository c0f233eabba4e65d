namespace Luma.Zoo.Tests.Images;

/// <summary>An image.</summary>
/// <param name="File">Its file name.</param>
/// <param name="Format">Its format.</param>
/// <param name="Kind">What is special about it.</param>
/// <param name="Plain">What PIL makes of it as it stands; null where PIL refuses it.</param>
/// <param name="Turned">The same, turned the way the file says.</param>
/// <param name="Right">What is right where PIL is not.</param>
/// <param name="Bytes">The file.</param>
internal sealed record Picture(string File, string Format, string Kind, string? Plain, string? Turned, string? Right, byte[] Bytes);
