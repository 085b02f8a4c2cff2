using BackupRunner.Posix;

namespace BackupRunner.Tests.Backups;

/// <summary>What is said of a folder that may not be read where SELinux is at work.</summary>
public sealed class SecurityLevelTests
{
    [Theory]
    [InlineData(null, null, null)]
    [InlineData("0\n", "system_u:system_r:container_t:s0", null)]
    [InlineData(null, "docker-default (enforce)\n", null)]
    [InlineData(null, "unconfined\n", null)]
    [InlineData("1", "system_u:system_r:spc_t:s0\0", "SELinux forbids it: set")]
    [InlineData(null, "system_u:system_r:container_t:s0:c123,c456\0", "SELinux forbids it, at level s0:c123,c456: set securityContext.seLinuxOptions.level")]
    [InlineData("1", "system_u:system_r:container_t:s0-s0:c0.c1023\n", "at level s0-s0:c0.c1023")]
    public void The_level_is_named_where_it_may_be_the_reason(string? enforce, string? context, string? said)
    {
        var hint = SecurityLevel.Hinted("run as the owner", enforce, context);

        Assert.StartsWith("run as the owner", hint, StringComparison.Ordinal);
        if (said is null)
            Assert.Equal("run as the owner", hint);
        else
            Assert.Contains(said, hint, StringComparison.Ordinal);
    }
}
