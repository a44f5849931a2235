"""Conditions of `access` in words like those of a sentence."""

from __future__ import annotations

from iamdsl.access.model import And, Condition, Not, Test

_RELATIONS = {"less": "<", "at-most": "<=", "greater": ">", "at-least": ">="}
_MFA = "aws:multifactorauthpresent"


def say(condition: Condition) -> str:
    """The condition as text; "" if it always holds."""
    if isinstance(condition, Test):
        return _test(condition, False)
    if isinstance(condition, Not):
        if isinstance(condition.item, Test):
            return _test(condition.item, True)
        return f"not {_inner(condition.item)}"
    joint = " and " if isinstance(condition, And) else " or "
    if not condition.items:
        return "" if isinstance(condition, And) else "never"
    return joint.join([_inner(item) if len(condition.items) > 1 else say(item) for item in condition.items])


def _inner(condition: Condition) -> str:
    text = say(condition)
    plain = isinstance(condition, Test) or (isinstance(condition, Not) and isinstance(condition.item, Test))
    return text if plain else f"({text or 'always'})"


def _test(test: Test, negated: bool) -> str:
    key = f"{test.quantifier} {test.key}" if test.quantifier else test.key
    if test.relation == "present":
        return f"no {key}" if negated else f"{key} exists"
    if test.key.lower() == _MFA and test.values == ("true",):
        return "no mfa" if negated else "mfa"
    several = len(test.values) > 1
    values = ", ".join(test.values)
    shown = f"[{values}]" if several else values or "nothing"
    fold = " ignoring case" if test.ignoring_case else ""
    if test.relation in _RELATIONS:
        text = f"{key} {_RELATIONS[test.relation]} {shown}"
        return f"not ({text})" if negated else text
    if test.relation == "like":
        return f"{key} {'not ' if negated else ''}like {shown}{fold}"
    if several or test.type == "IPAddress":
        return f"{key} {'not ' if negated else ''}in {shown}{fold}"
    return f"{key} {'!=' if negated else '='} {shown}{fold}"
