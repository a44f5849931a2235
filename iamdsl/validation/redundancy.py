"""What says nothing beside what else the document says: actions, resources, statements."""

from __future__ import annotations

from bisect import bisect_left

from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl.access.glob import covers
from iamdsl.diagnostics import Edit
from iamdsl.policy.located import Node
from iamdsl.validation.actions import wild
from iamdsl.validation.context import Context
from iamdsl.validation.facts import TANGLED, glob, meets
from iamdsl.validation.reading import Statement

COMPARISONS = 400_000  # of the parts of patterns in one list; AWS's own have some thousand
PAIRS = 100_000  # pairs of statements compared in one document; AWS's own have a few hundred


def actions(statement: Statement, context: Context) -> None:
    name = "NotAction" if statement.negated_actions else "Action"
    texts = [node.text.lower() for node in statement.actions]
    for index, by in _within(texts):
        node, other = statement.actions[index], statement.actions[by]
        beside = [(other, "includes it")]
        fix = _without(node, context)
        context.add(
            aws.REDUNDANT_ACTION, node, f"delete it from `{name}`", fix, beside, action=node.text, other=other.text
        )


def resources(statement: Statement, context: Context) -> None:
    texts = [node.text for node in statement.resources]
    for index, by in _within(texts):
        node, other = statement.resources[index], statement.resources[by]
        beside = [(other, "includes it")]
        fix = _without(node, context)
        help = "delete it, or the wider one if that was not meant"
        context.add(aws.REDUNDANT_RESOURCE, node, help, fix, beside, resource=node.text, other=other.text)


def _within(texts: list[str]) -> list[tuple[int, int]]:
    """Pairs of places: the text at the first is within the pattern at the second, another one. Each first once."""
    found: dict[int, int] = {}
    first: dict[str, int] = {}
    for index, text in enumerate(texts):
        other = first.setdefault(text, index)
        if other != index:
            found[index] = other
    ordered = sorted(first)
    budget = COMPARISONS
    for wide in ordered:
        if not wild(wide) or "${" in wide:
            continue
        start = wide.split("*", 1)[0].split("?", 1)[0]
        pattern = glob(wide)
        cost = 1 + len(pattern.middle)
        for narrow in ordered[bisect_left(ordered, start) :]:
            if not narrow.startswith(start) or budget < 0:
                break
            budget -= cost
            if narrow != wide and first[narrow] not in found and _inside(narrow, wide, pattern.match(narrow)):
                found[first[narrow]] = first[wide]
    return sorted(found.items())


def _inside(narrow: str, wide: str, matched: bool) -> bool:
    """Whether `wide` covers `narrow`, given whether it matches the text of `narrow` (needed, and enough without wildcards)."""
    if not matched:
        return False
    if not wild(narrow) and "${" not in narrow:
        return True
    simple = "?" not in wide or narrow.count("*") + 2 * narrow.count("?") + 2 * wide.count("?") <= TANGLED
    return simple and covers(wide, narrow)


def _without(node: Node, context: Context) -> tuple[Edit, ...]:
    """The fix that takes an element out of its list."""
    siblings = node.parent.elements if node.parent and node.parent.kind == "array" else []
    if len(siblings) < 2:
        return ()
    index = siblings.index(node)
    if index:
        return (Edit((context.path, siblings[index - 1].end, node.end), ""),)
    return (Edit((context.path, node.start, siblings[1].start), ""),)


def statements(context: Context) -> None:
    """Statements that another repeats, holds, or cancels."""
    seen: dict[tuple[object, ...], Statement] = {}
    distinct: list[Statement] = []
    for statement in context.policy.statements:
        if not statement.effect or not statement.actions:
            continue
        other = seen.setdefault(_meaning(statement), statement)
        if other is statement:
            distinct.append(statement)
        else:
            beside = [(_place(other), "the first")]
            context.add(aws.REDUNDANT_STATEMENT, _place(statement), "delete one", beside=beside)
    _compare(distinct, context)


def _place(statement: Statement) -> Node:
    """Where to show a statement: its effect, which is one word, or all of it."""
    effect = statement.elements.get("Effect")
    return effect.value if effect else statement.node


def _meaning(statement: Statement) -> tuple[object, ...]:
    return (
        statement.effect,
        statement.negated_actions,
        frozenset(node.text.lower() for node in statement.actions),
        statement.negated_resources,
        frozenset(node.text for node in statement.resources),
        statement.negated_principals,
        frozenset((one.kind, one.text) for one in statement.principals),
        statement.conditions,
    )


def _compare(statements: list[Statement], context: Context) -> None:
    """Each statement against those that could hold all its actions: they match its first one."""
    exact: dict[str, list[Statement]] = {}
    open_ended: list[Statement] = []
    for statement in statements:
        if statement.negated_actions or any(wild(node.text) for node in statement.actions):
            open_ended.append(statement)
        else:
            for node in statement.actions:
                exact.setdefault(node.text.lower(), []).append(statement)
    budget = PAIRS
    for statement in statements:
        if statement.negated_actions or statement.negated_resources or statement.negated_principals:
            continue
        for other in [*exact.get(statement.actions[0].text.lower(), ()), *open_ended]:
            parts = len(other.actions) * len(statement.actions) + len(other.resources) * len(statement.resources)
            budget -= 1 + (parts // 4 if other.negated_actions or other.negated_resources else 0)
            if budget < 0:
                return
            if other is not statement and _holds(other, statement):
                if _tell(statement, other, context):
                    break


def _tell(statement: Statement, other: Statement, context: Context) -> bool:
    if statement.effect == other.effect:
        does = "allows" if statement.allows else "denies"
        beside = [(_place(other), "this one")]
        help = "delete it, or narrow the other"
        context.add(own.SHADOWED_STATEMENT, _place(statement), help, beside=beside, does=does)
        return True
    if other.denies:
        beside = [(_place(other), "this `Deny`")]
        help = "delete this statement, or narrow the `Deny`"
        context.add(own.CONTRADICTORY_STATEMENTS, _place(statement), help, beside=beside)
        return True
    return False


def _holds(wide: Statement, narrow: Statement) -> bool:
    """Whether every request that `narrow` is about is one that `wide` is about."""
    if not wide.conditions <= narrow.conditions and not all(_implied(one, narrow) for one in wide.conditions):
        return False
    if not _principals(wide, narrow):
        return False
    for node in narrow.actions:
        if wide.negated_actions == _touched(wide.actions, node.text.lower(), True, wide.negated_actions):
            return False
    if not wide.resources and not narrow.resources:
        return True
    return bool(wide.resources and narrow.resources) and not any(
        wide.negated_resources == _touched(wide.resources, node.text, False, wide.negated_resources)
        for node in narrow.resources
    )


def _touched(wides: list[Node], narrow: str, fold: bool, partly: bool) -> bool:
    """Whether one of the patterns covers `narrow`; `partly`: whether one has anything in common with it."""
    if partly:
        return any(meets(node.text.lower() if fold else node.text, narrow) for node in wides)
    return _any_covers(wides, narrow, fold)


def _implied(test: tuple[str, str, frozenset[str]], narrow: Statement) -> bool:
    """Whether a test holds of all that `narrow` is about: it has the same one, of fewer values (more, of a negated one)."""
    operator, key, texts = test
    return any(
        (texts <= others if "not" in operator else others <= texts) and others
        for name, of, others in narrow.conditions
        if name == operator and of == key
    )


def _principals(wide: Statement, narrow: Statement) -> bool:
    if wide.negated_principals or not narrow.principals:
        return not wide.negated_principals and not wide.principals
    names = {(one.kind, one.text) for one in wide.principals}
    everyone = any(one.everyone for one in wide.principals)
    return all(everyone or (one.kind, one.text) in names for one in narrow.principals)


def _any_covers(wides: list[Node], narrow: str, fold: bool) -> bool:
    for node in wides:
        wide = node.text.lower() if fold else node.text
        if wide == narrow or wild(wide) and _inside(narrow, wide, glob(wide).match(narrow)):
            return True
    return False
