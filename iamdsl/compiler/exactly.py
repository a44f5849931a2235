"""What a program says in AWS's own terms: `exactly ACTIONS on RESOURCES`, and AWS's operators in conditions.

Nothing of it is asked of the catalog: it is how a program keeps what AWS can say and the catalog does not know.
"""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import TRUE, Condition, Written
from iamdsl.compiler.acts import Act, Context
from iamdsl.compiler.lift import tested
from iamdsl.compiler.words import closest, literal
from iamdsl.policy.operators import NAMES, operator
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.compiler.conditions import Conditions
    from iamdsl.compiler.sentence import Said


def exactly(node: ast.Exactly, qualifiers: tuple[ast.Qualifier, ...], reader: Conditions, context: Context) -> Said:
    """The one act of an `exactly`, under the condition that `qualifiers` say; [] after a finding."""
    before = context.report.errors
    for one in qualifiers:
        if isinstance(one, ast.Except) or (isinstance(one, ast.Clause) and not reader.knows(one)):
            clause = one.kind if isinstance(one, ast.Clause) else "except"
            help = "write it into the list: `exactly anything except iam:* on everything except arn:...`"
            why = "`exactly` is followed by conditions only"
            context.report.add(
                rules.BAD_CLAUSE, one.span, help=help if clause == "except" else "", clause=clause, why=why
            )
    params = context.bindings.params
    actions = tuple(dict.fromkeys([literal(word, params, context.report, False) for word in node.actions]))
    resources = tuple(dict.fromkeys([literal(word, params, context.report, False) for word in node.resources]))
    for word, text in zip(node.actions, actions):
        if not text:
            context.report.add(rules.BAD_VALUE, word.span, value=text, what="an action: it is empty")
    condition = reader.of(qualifiers)
    if context.report.errors > before:
        return []
    written = _written(qualifiers, reader)
    act = Act(actions, resources, (), TRUE, False, node.all_but_actions, node.all_but_resources, "", written)
    return [(act, condition)]


def _written(qualifiers: tuple[ast.Qualifier, ...], reader: Conditions) -> Written | None:
    """The `Condition` element that `qualifiers` spell out; None where they say anything but AWS's operators and `and`."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in qualifiers:
        if isinstance(one, ast.Clause) and one.kind == "because":
            continue
        if not isinstance(one, ast.If) or one.negated:
            return None
        items = one.expression.items if isinstance(one.expression, ast.And) else (one.expression,)
        for node in items:
            if not isinstance(node, ast.Compare) or not node.is_operator:
                return None
            tests = found.setdefault(node.relation, {})
            key = reader.key_name(node.key)
            if key in tests:
                return None
            tests[key] = values_of(node, reader)
    return tuple([(operator, tuple(sorted(tests.items()))) for operator, tests in sorted(found.items())])


def values_of(node: ast.Compare, reader: Conditions) -> tuple[str, ...]:
    """The values of a comparison, as they are written."""
    return tuple(
        [
            "${" + reader.key_name(one) + "}" if isinstance(one, ast.TagOf) else reader.text(one, False)
            for one in node.values
        ]
    )


def operated(node: ast.Compare, key: str, reader: Conditions) -> Condition:
    """What an operator of AWS's says of `key`."""
    made = operator(node.relation)
    if made is None:
        close = closest(node.relation, NAMES, 0.6)
        help = f"did you mean `{close}`?" if close else "write `=`, `in`, `like`, `<`, `exists` or an operator of AWS's"
        reader.report.add(rules.UNKNOWN_OPERATOR, node.span, help=help, name=node.relation)
        return TRUE
    if node.quantifier:
        help = f"write `{key} {'ForAnyValue' if node.quantifier == 'any' else 'ForAllValues'}:{node.relation} ...`"
        why = "an operator of AWS's has its own prefix"
        reader.report.add(rules.BAD_CLAUSE, node.span, help=help, clause=node.quantifier, why=why)
    return tested(made, key, values_of(node, reader), True)
