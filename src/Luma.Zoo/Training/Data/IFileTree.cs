using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Data;

/// <summary>The files of a folder, or of a ZIP archive. For any number of threads.</summary>
internal interface IFileTree : IDisposable
{
    /// <summary>The folder or archive, for messages.</summary>
    string Path { get; }

    /// <summary>The files below it, with slashes between the parts of their paths, in the order of their characters' codes.</summary>
    IReadOnlyList<TreeFile> Files { get; }

    /// <summary>The folders that have no files at all.</summary>
    IReadOnlyList<string> EmptyFolders { get; }

    /// <summary>A file by its path, whether it is there or not.</summary>
    TreeFile Find(string path);

    /// <summary>A picture.</summary>
    ImageSource Image(TreeFile file);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDatasetException">It cannot be read.</exception>
    byte[] Read(TreeFile file, long most);

    /// <summary>Full name of a file, for messages.</summary>
    string NameOf(TreeFile file) => System.IO.Path.Combine(Path, file.Path);
}
