using YamlDotNet.Core;

namespace BackupRunner.Tests.Manifests;

/// <summary>That the reader of the other tests here refuses what the API server would refuse or quietly drop.</summary>
public sealed class StrictReadingTests
{
    const string Lease = "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: a}\n";

    [Fact]
    public void Reads_what_is_right() => Assert.Equal("a", Assert.IsType<LeaseObject>(ManifestFolder.Parse(Lease)).Metadata.Name);

    [Theory]
    [InlineData("metadata: {name: a, lables: {}}")]
    [InlineData("metadata: {name: a}\nspecs: {}")]
    [InlineData("metadata: {name: 7}")]
    [InlineData("metadata: {name: on}")]
    [InlineData("metadata: {name: a, labels: {x: 0440}}")]
    [InlineData("metadata: {name: a, name: b}")]
    public void Refuses_unknown_fields_doubled_ones_and_other_types(string rest) =>
        Assert.ThrowsAny<YamlException>(() => ManifestFolder.Parse($"apiVersion: coordination.k8s.io/v1\nkind: Lease\n{rest}\n"));

    [Theory]
    [InlineData("backoffLimit: \"2\"")]
    [InlineData("backoffLimit: 010")]
    [InlineData("template: {spec: {enableServiceLinks: no}}")]
    [InlineData("template: {spec: {enableServiceLinks: \"true\"}}")]
    public void Refuses_numbers_and_flags_that_other_readers_take_otherwise(string field) =>
        Assert.ThrowsAny<YamlException>(() => ManifestFolder.Parse($"apiVersion: batch/v1\nkind: Job\nspec: {{{field}}}\n"));

    [Fact]
    public void Every_shipped_document_is_read() => Assert.All(ManifestFolder.Shipped, folder => Assert.NotEmpty(folder.All));
}
