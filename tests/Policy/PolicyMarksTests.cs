using BackupRunner.Policy;

namespace BackupRunner.Tests.Policy;

public sealed class PolicyMarksTests
{
    const string Document = """
        backup:
          commands:
            backup: |  # a comment
              first line

                indented
            restore: >-
              folded
              text
            runIn: runner
          restore: {healthCommand: 'redis-cli PING'}
          settings: {consistency: {waitCommand: test -e x, command: "a\tb c"}}
        """;

    static readonly PolicyMarks Marks = PolicyDocument.Parse(Document).Marks;

    [Theory]
    [InlineData("backup.commands.backup", 1, 1, 4, 7)]
    [InlineData("backup.commands.backup", 1, 7, 4, 13)]
    [InlineData("backup.commands.backup", 2, 1, 5, 7)]
    [InlineData("backup.commands.backup", 3, 3, 6, 9)]
    [InlineData("backup.commands.restore", 1, 3, 7, 14)]
    [InlineData("backup.commands.runIn", 1, 4, 10, 15)]
    [InlineData("backup.restore.healthCommand", 1, 1, 11, 29)]
    [InlineData("backup.restore.healthCommand", 1, 11, 11, 39)]
    [InlineData("backup.settings.consistency.waitCommand", 1, 6, 12, 46)]
    [InlineData("backup.settings.consistency.command", 1, 3, 12, 61)]
    [InlineData("backup.commands.backup", 900, 1, 3, 13)]
    [InlineData("backup.commands.backup", 0, 0, 3, 13)]
    public void A_place_in_a_text_is_a_place_in_the_document(string path, int line, int column, int documentLine, int documentColumn) =>
        Assert.Equal(new PolicyMark(documentLine, documentColumn), Marks.Within(path, line, column));

    [Fact]
    public void The_indentation_of_a_block_may_be_given()
    {
        var marks = PolicyDocument.Parse("commands:\n  backup: |2\n\n      two more\n    none\n").Marks;
        Assert.Equal(new PolicyMark(4, 5), marks.Within("backup.commands.backup", 2, 1));
        Assert.Equal(new PolicyMark(5, 5), marks.Within("backup.commands.backup", 3, 1));
    }

    [Fact]
    public void What_the_document_does_not_give_has_no_place()
    {
        Assert.Null(Marks.Of("backup.retention.keepCount"));
        Assert.Null(Marks.Within("backup.retention.keepCount", 1, 1));
        Assert.Equal(new PolicyMark(12, 13), Marks.Nearest("backup.settings.archive.format"));
        Assert.Equal(new PolicyMark(2, 3), Marks.Nearest("backup.retention.keepCount"));
    }
}
