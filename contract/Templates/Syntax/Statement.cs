namespace BackupRunner.Templates.Syntax;

abstract record Statement(Position At);

sealed record TextStatement(Position At, string Text) : Statement(At);

/// <summary>An expression whose value goes to the output.</summary>
sealed record OutputStatement(Position At, Expression Value) : Statement(At);

sealed record AssignStatement(Position At, string Name, Expression Value) : Statement(At);

/// <param name="Arms">In order; the condition of a final <c>else</c> is null.</param>
sealed record IfStatement(Position At, IReadOnlyList<IfArm> Arms) : Statement(At);

sealed record IfArm(Expression? Condition, IReadOnlyList<Statement> Body);

sealed record ForStatement(Position At, string Name, Expression List, IReadOnlyList<Statement> Body) : Statement(At);
