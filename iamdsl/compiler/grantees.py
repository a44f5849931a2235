"""Who may do one thing to one resource, and what else a request of theirs has to meet."""

from __future__ import annotations

from iamdsl.access.compare import compare, identity
from iamdsl.access.condition import TooManyStatements, cubes
from iamdsl.access.decide import Side
from iamdsl.access.glob import matches
from iamdsl.access.literal import Literal
from iamdsl.access.model import FALSE, And, Condition, Grant, Not, Or, conjunction
from iamdsl.compiler.authority import Authority, Caller, within
from iamdsl.compiler.estate import Estate
from iamdsl.record import record

_NOTHING = identity(())
_RELATIONS = {"equals": "=", "like": "like", "less": "<", "at-most": "<=", "greater": ">", "at-least": ">="}
_OPPOSITE = {"=": "!=", "like": "not like", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_NAMED = {
    ("aws:multifactorauthpresent", "true"): "mfa",
    ("aws:securetransport", "true"): "over tls",
    ("aws:viaawsservice", "true"): "via any service",
}


@record
class Grantee:
    """A caller who may, if one of `conditions` holds; always, where there is none. `places`: the sentences that allow it.

    `assumed`: what that takes for granted; `unknown`: why it could not be decided.
    """

    shown: str
    conditions: tuple[str, ...]
    places: tuple[str, ...]
    assumed: str = ""
    unknown: str = ""


def grantees(estate: Estate, action: str, resource: str) -> tuple[Grantee, ...]:
    """Every principal that the estate knows, whom its resources' policies let in, and any other of our account, so far as a
    request of theirs for `action` on `resource` can be allowed."""
    authority = Authority(estate)
    callers = [*authority.declared(), *authority.outsiders(resource), authority.another()]
    found = []
    for caller in callers:
        side = authority.side(caller, action, resource)
        asked = Grant(True, (action,), (resource,), caller.facts, ())
        verdict = compare(_NOTHING, within(side, asked))
        absent = authority.absent(caller)
        if verdict.relation == "equal":
            most = authority.side(caller, action, resource, at_most=True) if absent else side
            if compare(_NOTHING, within(most, asked)).relation != "equal":
                found.append(Grantee(caller.shown, (), (), "", f"{absent} of AWS, which is not here, may allow it"))
            continue
        why = verdict.why if verdict.new is None else ""
        conditions = _shown(_residual(side, action, resource), caller) if verdict.new else ()
        places = _places(authority, caller, action, resource)
        assumed = f"{absent} of AWS, which is not here, says nothing of it" if absent else caller.assumption
        found.append(Grantee(caller.shown, conditions, places, assumed, why))
    return tuple(found)


def _speaks(grant: Grant, action: str, resource: str) -> bool:
    """Whether the grant is of the action on the resource; its policy variables may stand for anything."""
    named = any([matches(one, action, ignoring_case=True) for one in grant.actions])
    if named == grant.except_actions:
        return False
    if not grant.resources:
        return True
    texts = [one if "${" not in one else one.partition("${")[0] + "*" for one in grant.resources]
    return any([matches(one, resource) for one in texts]) != grant.except_resources


def _residual(side: Side, action: str, resource: str) -> Condition:
    """When a request is allowed: some way allows it in all its layers, and nothing denies it."""
    ways: list[Condition] = []
    for way in side.ways:
        layers = [
            Or(tuple([one.condition for one in layer if one.allows and _speaks(one, action, resource)]))
            for layer in way
        ]
        ways.append(And(tuple(layers)))
    denies = {one: None for one in side.grants if not one.allows and _speaks(one, action, resource)}
    return And((Or(tuple(ways)), *[Not(one.condition) for one in denies]))


def _shown(condition: Condition, caller: Caller) -> tuple[str, ...]:
    """The alternatives in words, without what holds of every request of the caller; () for always."""
    try:
        known = {literal for cube in cubes(caller.facts) for literal in cube}
        found = cubes(conjunction(caller.facts, condition) if condition != FALSE else condition)
    except (TooManyStatements, ValueError):
        return ("the conditions of these sentences hold",)
    told = [[_words(one) for one in cube if one not in known and not _of_caller(one)] for cube in found]
    return () if [] in told else tuple(dict.fromkeys([" and ".join(one) for one in told]))


def _of_caller(literal: Literal) -> bool:
    """Whether it only tells who calls, which the caller is."""
    key = literal.test.key.lower()
    return key in ("aws:principalarn", "aws:principalaccount", "aws:principalservicename", "aws:principalisawsservice")


def _words(literal: Literal) -> str:
    """A literal as a condition of the language."""
    test = literal.test
    if test.relation == "present":
        return f"{test.key} exists" if literal.positive else f"not {test.key} exists"
    name = _NAMED.get((test.key.lower(), ",".join(test.values).lower()))
    if name and test.relation == "equals":
        text = name if literal.positive else f"not {name}"
    else:
        relation = _RELATIONS[test.relation]
        values = test.values[0] if len(test.values) == 1 else f"[{', '.join(test.values)}]"
        if relation == "=" and len(test.values) > 1:
            relation = "in" if literal.positive else "not in"
        elif not literal.positive:
            relation = _OPPOSITE[relation]
        quantifier = {"any": "any ", "all": "every "}.get(test.quantifier, "")
        text = f"{quantifier}{test.key} {relation} {values}"
    return f"({text} or not {test.key} exists)" if literal.or_absent else text


def _possible(caller: Caller, condition: Condition) -> bool:
    try:
        return bool(cubes(conjunction(caller.facts, condition)))
    except (TooManyStatements, ValueError):
        return True


def _places(authority: Authority, caller: Caller, action: str, resource: str) -> tuple[str, ...]:
    """Where what allows it is said."""
    found: dict[str, None] = {}
    for held, grants in authority.allowing(caller, resource):
        for statement, grant in enumerate(grants):
            if grant.allows and _speaks(grant, action, resource) and _possible(caller, grant.condition):
                told = held.sentences[statement] if statement < len(held.sentences) else ()
                found.update(dict.fromkeys(told or (f"{held.path}, statement {statement + 1}",)))
    return tuple(found)
