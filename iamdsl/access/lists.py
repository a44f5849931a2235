"""Literals about one value in lists: text, ARNs and ranges of addresses, under `equals` and `like`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import combinations

from iamdsl.access import glob
from iamdsl.access.alphabet import PLAIN, SEGMENT
from iamdsl.access.literal import Cube, Literal
from iamdsl.access.model import Test
from iamdsl.record import replace

INSIDE, APART, UNKNOWN = "inside", "apart", "unknown"


@lru_cache(maxsize=1 << 14)
def _globs(value: str, type: str, relation: str, fold: bool) -> tuple[str, ...] | None:
    """The glob of a value, or those of an ARN's six segments; None for what must be left alone."""
    odd = "${" in value or PLAIN in value or SEGMENT in value
    if odd or type not in ("String", "ARN") or (fold and not value.isascii()):
        return None
    text = value.lower() if fold else value
    parts = text.split(":", 5) if type == "ARN" else [text]
    if relation == "equals":
        escaped = [part.replace("*", "${*}").replace("?", "${?}") for part in parts]
        return tuple(escaped) if type != "ARN" or len(parts) == 6 else None
    return tuple(parts) + ("*",) * (6 - len(parts) if type == "ARN" else 0)


def _relate_addresses(value: str, other: str) -> str:
    from ipaddress import ip_network  # local for start-up time: few programs hold addresses

    try:
        network, around = ip_network(value, strict=False), ip_network(other, strict=False)
    except ValueError:
        return UNKNOWN
    if network.version != around.version or int(network[0]) > int(around[-1]) or int(network[-1]) < int(around[0]):
        return APART
    return INSIDE if network.prefixlen >= around.prefixlen else UNKNOWN


def _relate(value: str, test: Test, other: str, by: Test) -> str:
    """How all that `value` of `test` stands for lies to what `other` of `by` does."""
    if (value, test.type, test.relation, test.ignoring_case) == (other, by.type, by.relation, by.ignoring_case):
        return INSIDE
    if test.type != by.type or {test.relation, by.relation} - {"equals", "like"}:
        return UNKNOWN
    if test.type == "IPAddress":
        return _relate_addresses(value, other)
    if test.relation == by.relation == "equals" and not (test.ignoring_case or by.ignoring_case):
        return APART if test.type in ("String", "ARN") and "${" not in value + other else UNKNOWN
    fold = test.ignoring_case or by.ignoring_case
    mine, its = _globs(value, test.type, test.relation, fold), _globs(other, by.type, by.relation, fold)
    if mine is None or its is None:
        return UNKNOWN
    if by.ignoring_case >= test.ignoring_case and all([glob.covers(b, a) for a, b in zip(mine, its)]):
        return INSIDE
    return UNKNOWN if all([glob.overlap(a, b) for a, b in zip(mine, its)]) else APART


def _inside(value: str, test: Test, by: Test) -> bool:
    return any(_relate(value, test, other, by) == INSIDE for other in by.values)


def _only(literal: Literal, keep: Callable[[str], bool]) -> Literal:
    """`literal` with those of its values only, less any that lie in another."""
    test = literal.test
    values = [value for value in test.values if keep(value)]
    if len(values) < 2 or (test.relation == "equals" and test.type != "IPAddress" and not test.ignoring_case):
        return (
            literal if len(values) == len(test.values) else replace(literal, test=replace(test, values=tuple(values)))
        )

    def needless(value: str) -> bool:
        around = [other for other in values if other != value and _relate(value, test, other, test) == INSIDE]
        return any([other < value or _relate(other, test, value, test) != INSIDE for other in around])

    return replace(literal, test=replace(test, values=tuple([value for value in values if not needless(value)])))


def _gather(left: Literal, right: Literal) -> Literal:
    """`left` with the values of both."""
    values = tuple(sorted({*left.test.values, *right.test.values}))
    return _only(replace(left, test=replace(left.test, values=values)), lambda value: True)


def _both(left: Literal, right: Literal) -> Literal | None:
    """One literal for the AND of two positive ones; None when none is known."""
    a, b = left.test, right.test
    mine = [value for value in a.values if _inside(value, a, b)]
    its = [value for value in b.values if _inside(value, b, a)]
    for value in a.values:
        for other in b.values:
            if value not in mine and other not in its and _relate(value, a, other, b) != APART:
                return None
    left = _only(left, lambda value: value in mine)
    right = _only(right, lambda value: value in its and not _inside(value, b, left.test))
    if (a.relation, a.ignoring_case) == (b.relation, b.ignoring_case):
        return _gather(left, right)
    return None if left.test.values and right.test.values else left if left.test.values else right


def _barred(value: str, test: Test, bars: list[Literal]) -> bool:
    return any([_inside(value, test, bar.test) for bar in bars])


def _needed(value: str, bar: Literal, wanted: list[Literal], bars: list[Literal]) -> bool:
    """Whether barring `value` says anything beside `wanted` and `bars`."""
    if _barred(value, bar.test, bars):
        return False
    return not any([all([_relate(value, bar.test, v, l.test) == APART for v in l.test.values]) for l in wanted])


def meet_lists(literals: list[Literal]) -> Cube | None:
    """`meet` for lists."""
    barred: dict[tuple[object, ...], Literal] = {}
    for literal in [literal for literal in literals if not literal.positive]:
        family = (literal.test.type, literal.test.relation, literal.test.ignoring_case)
        barred[family] = _gather(barred.get(family, literal), literal)
    bars = list(barred.values())
    wanted = [_only(one, lambda text: not _barred(text, one.test, bars)) for one in literals if one.positive]
    while True:
        for a, b in combinations(wanted, 2):
            both = _both(a, b)
            if both is not None:
                wanted = [both, *[literal for literal in wanted if literal is not a and literal is not b]]
                break
        else:
            break
    if not all([literal.test.values for literal in wanted]) or any([_is_all(bar) for bar in bars]):
        return None
    for index, bar in enumerate(bars):
        others = [*bars[:index], *bars[index + 1 :]]
        bars[index] = _only(bar, lambda value: _needed(value, bar, wanted, others))
    return tuple([l for l in wanted if not _is_all(l)] + [bar for bar in bars if bar.test.values])


def _is_all(literal: Literal) -> bool:
    """Whether the list holds every text."""
    test = literal.test
    return (test.type, test.relation) == ("String", "like") and any([set(value) == {"*"} for value in test.values])


def inside(left: Literal, right: Literal) -> bool:
    a, b = left.test, right.test
    if not left.positive:
        return not right.positive and all([_inside(value, b, a) for value in b.values])
    if right.positive:
        return all([_inside(value, a, b) for value in a.values])
    return all([_relate(value, a, other, b) == APART for value in a.values for other in b.values])


def either_of(left: Literal, right: Literal) -> Cube | None:
    """The OR of two lists; None when it is none, or none is known."""
    a, b = left.test, right.test
    if a.type != b.type or {a.relation, b.relation} - {"equals", "like"}:
        return None
    if left.positive != right.positive:
        wanted, bar = (left, right) if left.positive else (right, left)
        kept = _only(bar, lambda value: not _inside(value, bar.test, wanted.test))
        return (kept,) if inside(replace(kept, positive=True), replace(wanted, positive=False)) else None
    if not left.positive:
        both = _both(replace(left, positive=True), replace(right, positive=True))
        return None if both is None else (replace(both, positive=False),)
    if (a.relation, a.ignoring_case) == (b.relation, b.ignoring_case):
        return (_gather(left, right),)
    loose, exact = (left, right) if a.relation == "like" else (right, left)
    plain = all([_globs(text, a.type, "equals", False) and not set(text) & {"*", "?"} for text in exact.test.values])
    return (_gather(loose, exact),) if plain and not (a.ignoring_case or b.ignoring_case) else None
