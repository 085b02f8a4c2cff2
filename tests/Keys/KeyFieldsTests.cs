using BackupRunner.Keys;

namespace BackupRunner.Tests.Keys;

public sealed class KeyFieldsTests
{
    [Theory]
    [InlineData("key", "key-66687aadf862bd77", true)]
    [InlineData("backup.key", "backup.key-66687aadf862bd77", true)]
    [InlineData("key", "key", false)]
    [InlineData("key", "key-", false)]
    [InlineData("key", "key-old", false)]
    [InlineData("key", "key66687aadf862bd77", false)]
    [InlineData("key", "other-66687aadf862bd77", false)]
    [InlineData("key", "KEY-66687aadf862bd77", false)]
    [InlineData("key", "my-key-66687aadf862bd77", false)]
    public void A_field_of_another_key_is_named_by_its_id(string keyField, string field, bool isOther)
    {
        var id = KeyFields.IdOf(keyField, field);
        Assert.Equal(isOther ? "66687aadf862bd77" : null, id?.Text);
        if (id is not null)
            Assert.Equal(field, KeyFields.Other(keyField, id));
    }
}
