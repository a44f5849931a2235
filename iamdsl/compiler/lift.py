"""Statements to grants: what AWS's operators say, as two-valued tests. The way back from `lower`, and total.

A statement becomes one grant, in order; one that no request can match keeps its place with a condition that is never
true. The IAM user guide's "Condition operators with multiple keys or values" and "Single-valued vs. multivalued context
keys" say what each operator makes of a missing key.
"""

from __future__ import annotations

from functools import lru_cache

from iamdsl.access.model import FALSE, TRUE, And, Condition, Grant, Not, Or, Origin, Test
from iamdsl.policy import values
from iamdsl.policy.model import Block, Document, Statement
from iamdsl.policy.operators import Operator, operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_ALL = ("*",)
_ANYONE = (("*", "*"),)


def lift(document: Document, origins: Sequence[tuple[Origin, ...]] = ()) -> tuple[Grant, ...]:
    """The grants of `document`, one for each statement; `origins` are those of each.

    Exact for requests that carry a number or date where a `ForAllValues:` or `ForAnyValue:` operator wants one.
    """
    variables = document.version == "2012-10-17"
    found = []
    for at, one in enumerate(document.statements):
        found.append(_grant(one, variables, origins[at] if at < len(origins) else ()))
    return tuple(found)


def _grant(one: Statement, variables: bool, origins: tuple[Origin, ...]) -> Grant:
    condition = _block(one.condition, variables)
    actions = one.not_action if one.action is None else one.action
    assert actions is not None
    named = one.not_resource if one.resource is None else one.resource
    resources = None if named is None else _texts(named, variables)
    principals = one.not_principal if one.principal is None else one.principal
    if one.action == () or one.principal == () or (one.resource is not None and not resources):
        condition = FALSE
    return Grant(
        allows=one.effect == "Allow",
        actions=actions or _ALL,
        resources=_ALL if resources == () else resources or (),
        condition=condition,
        origins=origins,
        principals=_ANYONE if principals == () else principals or (),
        except_actions=bool(one.not_action),
        except_resources=one.not_resource is not None and bool(resources),
        except_principals=bool(one.not_principal),
    )


def _texts(given: tuple[str, ...], variables: bool) -> tuple[str, ...]:
    """Patterns as access has them: without those whose variables AWS cannot read, which match nothing."""
    if not any(["${" in text for text in given]):
        return given
    if not variables:
        return tuple([text.replace("${", "${$}{") for text in given])
    return tuple([text for text in given if values.pieces(text) is not None])


@lru_cache(maxsize=4096)
def _block(block: Block, variables: bool) -> Condition:
    """All tests of a `Condition` element."""
    found = []
    for name, keys in block:
        made = operator(name)
        assert made is not None, name
        for key, given in keys:
            condition = tested(made, key, given, variables)
            if condition == FALSE:
                return FALSE
            if condition != TRUE:
                found.append(condition)
    return found[0] if len(found) == 1 else And(tuple(found))


def tested(made: Operator, key: str, given: tuple[str, ...], variables: bool) -> Condition:
    """What one operator says of one key; `variables`: whether `${...}` in `given` is a policy variable."""
    present = Test(key, "present")
    absent = Not(present)
    if made.type == "Null":
        said = {values.truth(text) for text in given} - {None}
        return FALSE if not said else TRUE if len(said) == 2 else absent if True in said else present
    negated_number = made.negated and made.type in ("Numeric", "Date")
    read = _read(made, given, variables)
    if negated_number and len(read) < len(
        set(given)
    ):  # a value that AWS cannot read fails the request's, whatever it is
        return FALSE if made.quantifier == "any" else absent
    if not read:
        return _of_nothing(made, present)
    if made.negated:
        if made.quantifier == "any":
            return And((present, Not(_test(made, key, read, "every"))))
        if made.quantifier == "" and negated_number:
            sides = [Or((_sided(made, key, "less", one), _sided(made, key, "greater", one))) for one in read]
            return Or((absent, sides[0] if len(sides) == 1 else And(tuple(sides))))
        return Not(_test(made, key, read, "any" if made.quantifier else ""))
    test = _test(made, key, read, made.quantifier)
    return Or((absent, test)) if made.quantifier == "every" or (made.if_exists and not made.quantifier) else test


def _of_nothing(made: Operator, present: Test) -> Condition:
    """An operator with no value that anything could match."""
    if made.negated:
        return present if made.quantifier == "any" else TRUE
    return Not(present) if made.quantifier == "every" or (made.if_exists and not made.quantifier) else FALSE


def _test(made: Operator, key: str, read: tuple[str, ...], quantifier: str) -> Test:
    relation = made.relation.removesuffix("-ignoring-case")
    return Test(key, relation, read, made.type, quantifier, relation != made.relation)


def _sided(made: Operator, key: str, relation: str, value: str) -> Test:
    return Test(key, relation, (value,), made.type)


def _read(made: Operator, given: tuple[str, ...], variables: bool) -> tuple[str, ...]:
    """The values that something could match, as access writes them; of bounds only the widest."""
    given = tuple(dict.fromkeys(given))
    if made.type == "IPAddress":
        return tuple([text for text in given if values.network(text) is not None])
    if made.type == "Binary":
        return given
    if made.type == "Bool":
        return tuple(
            [text if "${" in text else text.lower() for text in _texts(given, variables) if _boolean(text, variables)]
        )
    if made.type in ("String", "ARN"):
        return _texts(given, variables)
    read = values.number if made.type == "Numeric" else values.moment
    marks = [(mark, text) for text in given if (mark := read(text)) is not None]
    if made.type == "Date":
        marks = [(mark, values.iso(mark)) for mark, _ in marks]
    if made.relation != "equals" and marks:
        marks = [max(marks) if made.relation in ("less", "at-most") else min(marks)]
    return tuple([text for _, text in marks])


def _boolean(text: str, variables: bool) -> bool:
    return values.truth(text) is not None or (variables and "${" in text)
