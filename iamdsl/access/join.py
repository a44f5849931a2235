"""Grants of the same actions on the same resources whose conditions together are one: `k = a` or `k = b` is `k in [a, b]`."""

from __future__ import annotations

from itertools import combinations

from iamdsl.access.condition import TooManyStatements, cubes, keys
from iamdsl.access.glob import variables
from iamdsl.access.model import And, Condition, Grant, Or, Test, conjunction, values_of
from iamdsl.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

TRIED = 24  # conditions in one group, past which only those that differ in the values of one test are joined


def join(grants: Iterable[Grant]) -> list[Grant]:
    """The same access in as few grants or fewer: two whose conditions are, with an OR between, a single cube are one.

    An undefined policy variable may void a whole statement: conditions that differ in their variables stay apart.
    """
    groups: dict[tuple[object, ...], list[Grant]] = {}
    for one in grants:
        about = (one.allows, one.actions, one.resources, one.principals)
        groups.setdefault((*about, one.except_actions, one.except_resources, one.except_principals), []).append(one)
    return [one for group in groups.values() for one in (_joined(group) if len(group) > 1 else group)]


def _joined(group: list[Grant]) -> list[Grant]:
    found = _by_values(group)
    while len(found) <= TRIED:
        for one, other in combinations(found, 2):
            if _is_one(one.condition, other.condition):
                both = _flat_or(one.condition, other.condition)
                merged = replace(one, condition=both, origins=(*one.origins, *other.origins))
                found = [merged, *[grant for grant in found if grant is not one and grant is not other]]
                break
        else:
            break
    return found


def _by_values(group: list[Grant]) -> list[Grant]:
    """`group` with those made one that differ in no more than the values of one list."""
    found = group
    while True:
        alike: dict[object, list[tuple[Grant, Test]]] = {}
        for grant in found:
            for test in _lists(grant.condition):
                rest = frozenset([one for one in _parts(grant.condition) if one != test])
                name = (replace(test, values=()), rest, _variables(grant.condition))
                alike.setdefault(name, []).append((grant, test))
        several = next((pairs for pairs in alike.values() if len(pairs) > 1), None)
        if several is None:
            return found
        first, test = several[0]
        values = sorted({value for _, one in several for value in one.values})
        parts = [replace(test, values=tuple(values)) if one == test else one for one in _parts(first.condition)]
        origins = tuple([origin for grant, _ in several for origin in grant.origins])
        joined = replace(first, condition=conjunction(*parts), origins=origins)
        found = [joined, *[grant for grant in found if not any([grant is one for one, _ in several])]]


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.items if isinstance(condition, And) else (condition,)


def _lists(condition: Condition) -> list[Test]:
    """The tests of `condition`, a conjunction, that hold when one value is in a list."""
    tests = [one for one in _parts(condition) if isinstance(one, Test)]
    return [one for one in tests if one.relation in ("equals", "like") and one.quantifier != "every"]


def _is_one(one: Condition, other: Condition) -> bool:
    if keys(one) != keys(other) or _variables(one) != _variables(other):
        return False
    try:
        return len(cubes(Or((one, other)))) == 1
    except (TooManyStatements, ValueError):  # ValueError: one takes a key for single-valued, the other for many-valued
        return False


def _flat_or(one: Condition, other: Condition) -> Condition:
    items = [item for side in (one, other) for item in (side.items if isinstance(side, Or) else (side,))]
    return Or(tuple(dict.fromkeys(items)))


def _variables(condition: Condition) -> frozenset[str]:
    return frozenset([name for value in values_of(condition) for name in variables(value)])
