"""What two patterns of `*` alone both match, as patterns: so one word of each shows what it lies in, whatever `*` stand for."""

from __future__ import annotations

from iamdsl.access.alphabet import ANY, Undecided
from iamdsl.access.words import Pattern, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LIMIT = 64  # patterns in a meet


def intersect_all(patterns: Sequence[Pattern]) -> list[Pattern] | None:
    """Patterns of `*` alone whose union is the meet of `patterns`; None when these have others, or it is too large."""
    if not all([one.stars and not one.fold and not one.variables for one in patterns]):
        return None
    found = [patterns[0]]
    for one in patterns[1:]:
        parts: dict[str, Pattern] = {}
        for other in found:
            more = intersect(one, other)
            if more is None:
                return None
            parts.update({part.items: part for part in more})
        found = list(parts.values())
        if len(found) > _LIMIT:
            return None
    return found


def intersect(one: Pattern, other: Pattern) -> list[Pattern] | None:
    """Patterns of `*` alone whose union is what both match; None when they are too many."""
    if not one.near(other):
        return []
    if one.matches(other.instance):
        return [other]
    if other.matches(one.instance):
        return [one]
    if one.literal or other.literal:
        return []
    try:
        found = sorted(set(_both(one.items, other.items, {}, [_LIMIT * 16])))
    except Undecided:
        return None
    parts = [pattern(items) for items in found]
    return [p for p in parts if not any([q is not p and q.matches(p.instance) for q in parts])]


def _both(one: str, other: str, known: dict[tuple[int, int], list[str]], left: list[int]) -> list[str]:
    key = (len(one), len(other))
    if key not in known:
        found = list(dict.fromkeys(_stepwise(one, other, known, left)))
        left[0] -= len(found)
        if left[0] < 0:
            raise Undecided("a meet of patterns is too large")
        known[key] = found
    return known[key]


def _stepwise(one: str, other: str, known: dict[tuple[int, int], list[str]], left: list[int]) -> Iterator[str]:
    if not one or not other:
        if not one.strip(ANY) and not other.strip(ANY):
            yield ""
        return
    if one[0] == ANY and other[0] == ANY:
        for a, b in ((one[1:], other), (one, other[1:])):
            for rest in _both(a, b, known, left):
                yield rest if rest.startswith(ANY) else ANY + rest
    elif one[0] == ANY or other[0] == ANY:
        star, text = (one, other) if one[0] == ANY else (other, one)
        swapped = star is not one
        for a, b, head in ((star[1:], text, ""), (star, text[1:], text[0])):
            for rest in _both(*((b, a) if swapped else (a, b)), known, left):
                yield head + rest
    elif one[0] == other[0]:
        for rest in _both(one[1:], other[1:], known, left):
            yield one[0] + rest
