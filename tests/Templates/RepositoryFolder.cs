namespace BackupRunner.Tests.Templates;

/// <summary>Test data and documents are read where they lie in the repository.</summary>
static class RepositoryFolder
{
    public static string Path { get; } = Find(AppContext.BaseDirectory);

    static string Find(string folder) => File.Exists(System.IO.Path.Combine(folder, "BackupRunner.sln"))
        ? folder
        : Find(Directory.GetParent(folder)?.FullName ?? throw new InvalidOperationException("the tests run outside of the repository"));
}
