namespace Luma.Zoo.Cli;

/// <summary>A mistake of the user's, told in one line.</summary>
internal sealed class UserException(string message) : Exception(message);
