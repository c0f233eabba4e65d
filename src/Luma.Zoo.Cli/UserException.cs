namespace Luma.Zoo.Cli;

/// <summary>Something that the user can mend, told in one line: a file, a folder, a network that has no weights.</summary>
internal class UserException(string message) : Exception(message);

/// <summary>An argument that makes no sense, told in one line before any work.</summary>
internal sealed class UsageException(string message) : UserException(message);
