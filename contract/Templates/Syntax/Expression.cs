using BackupRunner.Templates.Functions;

namespace BackupRunner.Templates.Syntax;

/// <summary>One node of an expression.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Depth">Of the tree below and including it; bounded by the parser, so that walking it cannot overflow the stack.</param>
abstract record Expression(Position At, int Depth);

sealed record Literal(Position At, object? Value) : Expression(At, 1);

sealed record ListLiteral(Position At, int Depth, IReadOnlyList<Expression> Items) : Expression(At, Depth);

/// <summary>In parentheses.</summary>
sealed record Group(Position At, int Depth, Expression Inner) : Expression(At, Depth);

/// <param name="Name">A variable of the model, an assigned one, or that of a loop.</param>
sealed record Variable(Position At, string Name) : Expression(At, 1);

/// <param name="Name">A member of the innermost loop: <c>for.index</c>.</param>
sealed record LoopMember(Position At, string Name) : Expression(At, 1);

/// <summary><c>target.name</c>.</summary>
/// <param name="NameAt">Where the name stands.</param>
/// <param name="Tested">The template says what happens when it is absent, so that absence is null and no fault.</param>
/// <param name="Optional">Written with <c>?.</c>, here or before in the path.</param>
sealed record Member(Position At, int Depth, Expression Target, string Name, Position NameAt, bool Tested, bool Optional)
    : Expression(At, Depth);

/// <summary><c>target[key]</c>.</summary>
/// <param name="Tested">As of <see cref="Member"/>.</param>
sealed record Indexer(Position At, int Depth, Expression Target, Expression Key, bool Tested) : Expression(At, Depth);

sealed record Unary(Position At, int Depth, string Operator, Expression Operand) : Expression(At, Depth);

/// <param name="OperatorAt">Where the operator stands.</param>
sealed record Binary(Position At, int Depth, string Operator, Position OperatorAt, Expression Left, Expression Right)
    : Expression(At, Depth);

/// <param name="Arguments">In the order of the function's parameters; null where an optional one is not given.</param>
sealed record Call(Position At, int Depth, TemplateFunction Function, IReadOnlyList<Expression?> Arguments) : Expression(At, Depth);
