using System.Globalization;
using BackupRunner.Templates;

namespace BackupRunner.Tests.Templates;

public sealed class TemplateLimitTests
{
    [Fact]
    public void Refuses_a_template_that_is_too_long()
    {
        Assert.Equal(TemplateLimits.TemplateLength, CommandTemplate.Parse(new string('x', TemplateLimits.TemplateLength)).Render(SampleModel.Model).Length);
        AssertRefused(new string('x', TemplateLimits.TemplateLength + 1), "longer than 131072 characters");
    }

    [Theory]
    [InlineData("{{ (", "1", ") }}")]
    [InlineData("{{ [", "1", "] }}")]
    [InlineData("{{ !", "1", " }}")]
    [InlineData("{{ - ", "1", " }}")]
    [InlineData("{{ 1+", "1", " }}")]
    [InlineData("{{ if true }}", "", "{{ end }}")]
    [InlineData("{{ for x in [1] }}{{ if true }}", "", "{{ end }}{{ end }}")]
    [InlineData("{{ string.upcase(", "1", ") }}")]
    [InlineData("{{ Values[", "1", "] }}")]
    public void Refuses_what_is_nested_too_deeply(string open, string middle, string close)
    {
        foreach (var depth in new[] { 101, 1_000, 2_000 })
            AssertRefused(Repeat(Inner(open), depth, open) + middle + Repeat(Inner(close), depth, close), "nested deeper than 100 levels");
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[")]
    [InlineData("!")]
    [InlineData("1+")]
    public void Accepts_what_is_nested_sensibly(string open)
    {
        var close = open switch { "(" => ")", "[" => "]", _ => "" };
        Assert.NotEmpty(CommandTemplate.Parse($"{{{{ {Repeat(open, 48)}1{Repeat(close, 48)} }}}}").Render(SampleModel.Model));
    }

    [Fact]
    public void Accepts_many_branches_side_by_side_and_blocks_within_blocks()
    {
        Assert.Equal("z", Rendered("{{ if false }}" + Repeat("{{ else if false }}y", 5_000) + "{{ else }}z{{ end }}"));
        Assert.Equal("z", Rendered(Repeat("{{ if true }}", 90) + "z" + Repeat("{{ end }}", 90)));
    }

    [Fact]
    public void Needs_little_stack_at_its_deepest()
    {
        var texts = new[]
        {
            "{{ x = [1] }}" + Repeat("{{ for x in [x] }}{{ if !(false) }}", 24) + "{{ " + Repeat("(", 48) + "1" + Repeat(")", 48) + " }}" + Repeat("{{ end }}{{ end }}", 24),
            "{{ " + Repeat("string.upcase(", 49) + "'a'" + Repeat(")", 49) + " }}",
            "{{ 'a'" + Repeat(" + 'a'", 98) + " }}",
            "{{ Values" + Repeat("?.a", 98) + " }}",
            "{{ " + Repeat("[", 3_000),
            Repeat("{{ if true }}", 3_000),
        };
        var failures = new List<Exception>();
        var thread = new Thread(() => failures.AddRange(texts.Select(Failure).OfType<Exception>()), maxStackSize: 384 * 1024);
        thread.Start();
        thread.Join();
        Assert.Equal(2, failures.Count);
        Assert.All(failures, failure => Assert.Contains("nested deeper", failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_members_and_pipes_without_end()
    {
        AssertRefused("{{ Values" + Repeat(".a", 10_000) + " }}", "nested deeper than 100 levels");
        AssertRefused("{{ 1" + Repeat(" | string.upcase", 5_000) + " }}", "nested deeper than 100 levels");
    }

    [Fact]
    public void Renders_up_to_one_mebibyte_of_UTF8()
    {
        Assert.Equal(1024 * 1024, Rendered("{{ 'x' * 1048576 }}").Length);
        AssertRefusedAtRendering("{{ 'x' * 1048576 }}y", "the rendered command is longer than 1048576 bytes");
        AssertRefusedAtRendering("{{ 'é' * 524289 }}", "the rendered command is longer than 1048576 bytes");
        AssertRefusedAtRendering("{{ 'x' * 1048577 }}", "the text becomes longer than 1048576 characters");
        AssertRefusedAtRendering("{{ 'xx' * 9223372036854775807 }}", "the text becomes longer than 1048576 characters");
        AssertRefusedAtRendering("{{ 'x' | string.pad_left 2147483647 }}", "the text becomes longer than 1048576 characters");
    }

    [Fact]
    public void Refuses_text_that_doubles_without_end()
    {
        AssertRefusedAtRendering("{{ x = 'x' }}" + Repeat("{{ x = x + x }}", 40), "the text becomes longer than");
        AssertRefusedAtRendering("{{ x = 'ab' }}" + Repeat("{{ x = x | string.replace 'a' 'aab' }}{{ x = x | string.replace 'b' x }}", 40), "the text becomes longer than");
        AssertRefusedAtRendering("{{ x = [1] }}" + Repeat("{{ x = [x, x] }}", 60) + "{{ x }}", "too much work");
        AssertRefusedAtRendering("{{ x = [1, 2] }}" + Repeat("{{ x = [array.join(x, 'a'), array.join(x, 'b')] }}", 40), "the text becomes longer than");
    }

    [Fact]
    public void Refuses_loops_without_end()
    {
        var list = "[" + Repeat("1,", 100) + "]";
        AssertRefusedAtRendering($"{{{{ for a in {list}; for b in {list}; for c in {list}; end; end; end }}}}", "more than 100000 rounds");
        AssertRefusedAtRendering($"{{{{ x = 'a' * 1000000; for a in {list}; y = string.contains(x, 'b'); end }}}}", "too much work");
        AssertRefusedAtRendering("{{ x = 'a' * 1000000; y = 'a' * 500000 + 'b'; string.contains x y }}", "too much work");
    }

    [Fact]
    public void Refuses_to_print_a_value_that_is_nested_too_deeply()
    {
        object? deep = 1L;
        for (var i = 0; i < 10_000; i++)
            deep = new List<object?> { deep };
        var model = SampleModel.Model with { Values = new Dictionary<string, object?> { ["deep"] = deep } };
        var refused = Assert.Throws<TemplateException>(() => CommandTemplate.Parse("{{ Values.deep }}").Render(model));
        Assert.Contains("nested deeper than 100 levels", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checks_a_faulty_loop_in_no_time()
    {
        var model = SampleModel.Model with { Values = new Dictionary<string, object?> { ["list"] = Enumerable.Range(0, 90_000).Select(i => (object?)(long)i).ToList() } };
        Assert.Single(CommandTemplate.Parse("{{ for x in Values.list }}{{ Valeus }}{{ end }}").Check(model));
    }

    [Theory]
    [InlineData("{{ Values.secret - 1 }}")]
    [InlineData("{{ Values.secret | string.slice Values.secret }}")]
    [InlineData("{{ for x in Values.secret }}{{ end }}")]
    [InlineData("{{ Values.secret.x }}")]
    [InlineData("{{ Values[Values.secret] }}")]
    [InlineData("{{ Values.secret | squote }}")]
    public void Never_shows_a_value_in_a_message(string text)
    {
        var model = SampleModel.Model with { Values = new Dictionary<string, object?> { ["secret"] = "hunter'2" } };
        Assert.DoesNotContain("hunter", Assert.Single(CommandTemplate.Parse(text).Check(model)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_model_that_holds_something_else()
    {
        var model = SampleModel.Model with { Values = new Dictionary<string, object?> { ["when"] = DateTimeOffset.UnixEpoch } };
        Assert.Throws<ArgumentException>(() => CommandTemplate.Parse("{{ Values.when }}").Render(model));
    }

    [Fact]
    public void Prints_numbers_alike_in_every_culture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "minus ";
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
        try
        {
            Assert.Equal("-2.5 -7 true 1.5", Rendered("{{ -2.5 }} {{ -7 }} {{ true }} {{ 3 / 2 }}"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    static Exception? Failure(string text) => Record.Exception(() => CommandTemplate.Parse(text).Check(SampleModel.Model) is [{ } fault, ..] ? throw new TemplateException(fault) : 0);

    static string Inner(string text) => text.Replace("{{ ", "", StringComparison.Ordinal).Replace(" }}", "", StringComparison.Ordinal);

    /// <summary>A block is repeated with its braces, an expression without.</summary>
    static string Repeat(string inner, int count, string whole) => whole.Contains("}}", StringComparison.Ordinal) && whole.Contains("{{", StringComparison.Ordinal)
        ? Repeat(whole, count)
        : whole.StartsWith("{{", StringComparison.Ordinal) ? "{{ " + Repeat(inner, count) : Repeat(inner, count) + " }}";

    static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    static string Rendered(string text) => CommandTemplate.Parse(text).Render(SampleModel.Model);

    static void AssertRefused(string text, string message)
    {
        var refused = Assert.Throws<TemplateException>(() => CommandTemplate.Parse(text));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    static void AssertRefusedAtRendering(string text, string message)
    {
        var template = CommandTemplate.Parse(text);
        var refused = Assert.Throws<TemplateException>(() => template.Render(SampleModel.Model));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, string.Join('\n', template.Check(SampleModel.Model)), StringComparison.Ordinal);
    }
}
