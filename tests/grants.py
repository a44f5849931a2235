"""What grants mean, from the docstrings of `iamdsl.access.model` alone; values are compared by the oracle."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator import Context, Decision, Request, matches_condition, statement_matches

from iamdsl.access.model import And, Condition, Grant, Not, Or, Test

_NAMES = {
    ("String", "equals"): "StringEquals",
    ("String", "like"): "StringLike",
    ("ARN", "equals"): "StringEquals",
    ("ARN", "like"): "ArnLike",
    ("Bool", "equals"): "Bool",
    ("Binary", "equals"): "BinaryEquals",
    ("IPAddress", "equals"): "IpAddress",
}
_COMPARE = {"equals": "Equals", "less": "LessThan", "at-most": "LessThanEquals"}
_COMPARE |= {"greater": "GreaterThan", "at-least": "GreaterThanEquals"}
_PROBE = "probe:value"


def holds(condition: Condition, context: Context) -> bool:
    """Whether the request with this context meets `condition`."""
    if isinstance(condition, And):
        return all([holds(item, context) for item in condition.items])
    if isinstance(condition, Or):
        return any([holds(item, context) for item in condition.items])
    if isinstance(condition, Not):
        return not holds(condition.item, context)
    found = [values for key, values in context.items() if key.lower() == condition.key.lower()]
    values = [found[0]] if found and isinstance(found[0], str) else list(found[0]) if found else []
    if condition.relation == "present" or not values:
        return bool(values)
    results = [_passes(condition, value, context) for value in values]
    return all(results) if condition.quantifier == "every" else any(results)


def _passes(test: Test, value: str, context: Context) -> bool:
    name = _NAMES.get((test.type, test.relation)) or test.type + _COMPARE[test.relation]
    if test.ignoring_case:
        assert name == "StringEquals"
        name = "StringEqualsIgnoreCase"
    return matches_condition({name: {_PROBE: list(test.values)}}, {**context, _PROBE: value})


def covers(grant: Grant, request: Request) -> bool:
    """Whether `grant` is about this request, and its condition holds."""
    statement = {"Effect": "Allow", "NotAction" if grant.except_actions else "Action": list(grant.actions)}
    if grant.resources:
        statement["NotResource" if grant.except_resources else "Resource"] = list(grant.resources)
    if grant.principals:
        named: dict[str, list[str]] = {}
        for kind, value in grant.principals:
            named.setdefault("AWS" if kind == "*" else kind, []).append(value)
        statement["NotPrincipal" if grant.except_principals else "Principal"] = named
    return statement_matches(statement, request) and holds(grant.condition, request.context)


def decide(grants: Sequence[Grant], request: Request) -> Decision:
    found = {grant.allows for grant in grants if covers(grant, request)}
    return "explicit-deny" if False in found else "allowed" if found else "implicit-deny"
