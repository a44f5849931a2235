"""Zones: all that a cube says of one key, missing or not, with one value or many."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from iamdsl.access.literal import Cube, Literal, order, policy_variables
from iamdsl.access.model import Test
from iamdsl.access.meet import implied, join, meet
from iamdsl.record import record, replace


@record
class Zone:
    """The key is missing and not `required`, or all its values pass `every` (None: no value does) and for each of `some` one
    does. A single-valued key (not `many`) has no `some`. `rank`, which orders zones and tells them apart, is of `literals`.
    """

    key: str
    every: Cube | None
    some: Cube
    required: bool
    many: bool
    literals: Cube
    rank: tuple[object, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zone) and (self.key, self.rank) == (other.key, other.rank)

    def __hash__(self) -> int:
        return hash((self.key, self.rank))


def _zone(key: str, every: Iterable[Literal] | None, some: Cube, required: bool, many: bool) -> Zone | None:
    """The zone at its simplest; None when it is never true."""
    required = required or bool(some)
    met = None if every is None else meet(every)
    if met is None:
        return None if required else _made(key, None, (), False, False)
    kept: list[Literal] = []
    for literal in sorted(set(some), key=order):
        alone = meet((literal,))
        if alone is None or meet((*met, *alone)) is None:
            return None
        kept += [one for one in alone if not implied(met, one)]
    for literal in kept[::-1]:
        others = [meet((*met, other)) or () for other in kept if other is not literal]
        if any([implied(other, literal) for other in others]):
            kept.remove(literal)
    return _made(key, met, tuple(kept), required, many and bool(met or kept))


def _made(key: str, every: Cube | None, some: Cube, required: bool, many: bool) -> Zone:
    """The zone, with its literals."""
    present = Literal(Test(key, "present"), every is not None)
    found = [] if every is not None else [present]
    for one in every or ():
        test = replace(one.test, key=key, quantifier="all" if many else "")
        found.append(Literal(test, one.positive, one.positive and not many and not required))
    found += [replace(one, test=replace(one.test, key=key, quantifier="any")) for one in some]
    if required and not some and (many or not any([one.positive for one in every or ()])):
        found.append(present)
    literals = tuple(sorted(found, key=order))
    return Zone(key, every, some, required, many, literals, tuple([order(one) for one in literals]))


@lru_cache(maxsize=1 << 12)
def meet_zones(a: Zone, b: Zone) -> Zone | None:
    every = None if a.every is None or b.every is None else a.every + b.every
    return _zone(a.key, every, a.some + b.some, a.required or b.required, a.many or b.many)


@lru_cache(maxsize=1 << 14)
def within(a: Zone, b: Zone) -> bool:
    """Whether `a` implies `b`: sure if so."""
    if a == b:
        return True
    if (b.required and not a.required) or not policy_variables(*b.literals) <= policy_variables(*a.literals):
        return False
    if a.every is None or b.every is None:
        return a.every is None
    if not all([implied(a.every, literal) for literal in b.every]):
        return False
    known = [meet((*a.every, literal)) or () for literal in a.some] or [a.every]
    return all([any([implied(one, literal) for one in known]) for literal in b.some])


@lru_cache(maxsize=1 << 12)
def join_zones(a: Zone, b: Zone) -> Zone | None:
    """The zone that is true just where `a` or `b` is; None when none is known."""
    for one, other in ((a, b), (b, a)):
        if within(one, other):
            return other
    if policy_variables(*a.literals) != policy_variables(*b.literals):
        return None
    required, many = a.required and b.required, a.many or b.many
    if a.every is None or b.every is None:  # a missing key, and one that is there
        there = b if a.every is None else a
        return None if there.some else _zone(a.key, there.every, (), False, many)
    if not many:
        joined = join(a.every, b.every)
        return None if joined is None else _zone(a.key, joined, (), required, False)
    left, right = [one for one in a.some if one not in b.some], [one for one in b.some if one not in a.some]
    if a.every == b.every and len(left) == len(right) == 1:
        either = join((left[0],), (right[0],))
        shared = tuple([one for one in a.some if one in b.some])
        return None if either is None else _zone(a.key, a.every, shared + either, True, True)
    for one, other in ((a, b), (b, a)):  # some value passes, or all fail
        if one.every is not None and other.every is not None and len(one.some) == 1 and not other.some:
            rest = meet((*one.every, replace(one.some[0], positive=not one.some[0].positive)))
            inside = rest is None or all([implied(rest, literal) for literal in other.every])
            if inside and all([implied(other.every, literal) for literal in one.every]):
                return _zone(a.key, one.every, (), other.required, True)
    return None


def zone_of(literal: Literal) -> Zone | None:
    """The zone that `literal` alone stands for."""
    key = literal.test.key
    values = tuple(sorted(set(literal.test.values)))
    of_value = Literal(replace(literal.test, quantifier="", values=values), literal.positive)
    if literal.test.relation == "present":
        return _zone(key, () if literal.positive else None, (), literal.positive, False)
    if literal.test.quantifier == "any":
        return _zone(key, (), (of_value,), True, True)
    required = literal.test.quantifier == "" and literal.positive and not literal.or_absent
    return _zone(key, (of_value,), (), required, literal.test.quantifier == "all")
