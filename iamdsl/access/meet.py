"""Literals about one value of a key: their AND and OR, and what they imply."""

from __future__ import annotations

from collections.abc import Iterable

from iamdsl.access.lists import either_of, inside, meet_lists
from iamdsl.access.literal import Cube, Literal, order
from iamdsl.access.scale import SCALES, on_scale, places_of, scale_of, scaled
from iamdsl.record import replace


def meet(literals: Iterable[Literal]) -> Cube | None:
    """All of `literals` about one value, at their simplest; None when no value passes."""
    given = sorted(set(literals), key=order)
    found = [literal for literal in given if not scaled(literal) and literal.test.relation not in ("equals", "like")]
    if any([replace(literal, positive=not literal.positive) in found for literal in found]):
        return None
    for kind in SCALES:
        group = [literal for literal in given if literal.test.type == kind and scaled(literal)]
        scale = scale_of(group)
        places = places_of(group, scale, kind)
        if not places:
            return None
        found += (on_scale(places, scale, group[0].test) or ()) if group else ()
    lists = meet_lists([literal for literal in given if literal not in found and not scaled(literal)])
    return None if lists is None else tuple(sorted([*found, *lists], key=order))


def implied(literals: Cube, literal: Literal) -> bool:
    """Whether each value that passes `literals` passes `literal`: sure if so."""
    if literal in literals:
        return True
    test = literal.test
    if scaled(literal):
        group = [other for other in literals if other.test.type == test.type and scaled(other)]
        scale = scale_of([*group, literal])
        return places_of(group, scale, test.type) <= places_of((literal,), scale, test.type)
    return any([inside(other, literal) for other in literals])


def join(left: Cube, right: Cube) -> Cube | None:
    """Literals that hold of the values that pass `left` or `right`; None when none are known."""
    for one, other in ((left, right), (right, left)):
        if all([implied(one, literal) for literal in other]):
            return other
    if all([scaled(literal) for literal in left + right]) and len({literal.test.type for literal in left + right}) == 1:
        scale, test = scale_of(left + right), left[0].test
        return on_scale(places_of(left, scale, test.type) | places_of(right, scale, test.type), scale, test)
    shared = [literal for literal in left if literal in right]
    if len(left) - len(shared) != 1 or len(right) - len(shared) != 1:
        return None
    (a,), (b,) = [literal for literal in left if literal not in shared], [l for l in right if l not in shared]
    either = either_of(a, b)
    return None if either is None else meet([*shared, *either])
