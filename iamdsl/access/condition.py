"""Conditions as statements hold them: an OR of cubes, each an AND of literals, exact and at their simplest.

Three storeys. *Values*: literals about one value of a key, `meet` (AND) and `join` (OR). *Zones*: all that a cube says of
one key, missing or not, with one value or many. *Cubes*: a zone for each key. Request values are taken to be of their
key's type (AWS fails every numeric operator on a value that is no number, negated ones included).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import combinations

from iamdsl.access import glob
from iamdsl.access.model import FALSE, TRUE, And, Condition, Not, Or, Test, tests
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal

WORK_LIMIT = 256  # cubes on the way to the result, simplified; before that, four times as many


@record
class Literal:
    """A test or its complement. `test.quantifier` is "", `any` (some value passes; false on a missing key) or `all` (every
    value passes; true on a missing key), and behind `any` and `all` `positive` speaks of the value: `any`, not positive, is
    "some value fails". `or_absent`: or the key is missing (positive literals of single-valued keys; negative ones hold of a
    missing key as they are).
    """

    test: Test
    positive: bool
    or_absent: bool = False


Cube = tuple[Literal, ...]


class TooManyStatements(Exception):
    """More cubes than allowed; `count` of them, or None when they were too many to count."""

    def __init__(self, count: int | None) -> None:
        super().__init__(f"{count or 'too many'} statements")
        self.count = count


def _order(literal: Literal) -> tuple[object, ...]:
    test = literal.test
    name = (test.key.lower(), test.key, test.quantifier, test.relation, test.type, test.ignoring_case)
    return (*name, test.values, literal.positive, literal.or_absent)


# Values, on a scale: numbers, dates and booleans. Tests cut the scale into places: 2i is its i-th mark, 2i + 1 lies between
# that and the next, -1 before all. Truth is constant on each place.


def mark(text: str, kind: str) -> int | Decimal | None:
    """`text` as a mark of its type's scale; None when the type has no scale or the text is not of that type."""
    if kind == "Bool":
        return {"false": 0, "true": 1}.get(text.lower())
    if kind == "Date":
        digits = text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16] + text[17:19]
        shape = text[4:5] + text[7:8] + text[10:11] + text[13:14] + text[16:17] + text[19:]
        return int(digits) if shape == "--T::Z" and len(digits) == 14 and digits.isdecimal() else None
    if kind != "Numeric" or not text.isascii():
        return None
    if text.isdecimal():
        return int(text)
    from decimal import Decimal  # local for start-up time: few programs hold fractions

    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() and set(text) <= set("+-.eE0123456789") else None


def _scaled(literal: Literal) -> bool:
    """Whether a scale settles this literal; otherwise it is a list, or nothing is known of it but its text."""
    test = literal.test
    wanted = test.relation == "equals" or (test.relation in _COMPARE and len(test.values) == 1 and test.type != "Bool")
    return wanted and test.type in _SCALES and all([mark(text, test.type) is not None for text in test.values])


_SCALES = ("Bool", "Date", "Numeric")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "less": int.__lt__,
    "at-most": int.__le__,
    "greater": int.__gt__,
    "at-least": int.__ge__,
}


def _scale(literals: Iterable[Literal]) -> dict[int | Decimal, str]:
    """The marks of scaled literals of one type in order, with their text."""
    texts: dict[int | Decimal, str] = {}
    for literal in literals:
        kind = literal.test.type
        for text in ("true", "false") if kind == "Bool" else literal.test.values:
            at = mark(text, kind)
            if at is not None:
                texts[at] = min(text, texts.get(at, text))
    return {at: texts[at] for at in sorted(texts)}


def _places(literals: Iterable[Literal], scale: dict[int | Decimal, str], kind: str) -> set[int]:
    """The places of the scale that pass all `literals`."""
    places = {0, 2} if kind == "Bool" else set(range(-1, 2 * len(scale)))
    rank = {at: 2 * index for index, at in enumerate(scale)}
    for literal in literals:
        test = literal.test
        marks = [rank[at] for text in test.values if (at := mark(text, kind)) is not None]
        compare = _COMPARE.get(test.relation)
        passing = {place for place in places if (compare(place, marks[0]) if compare else place in marks)}
        places = passing if literal.positive else places - passing
    return places


def _on_scale(places: set[int], scale: dict[int | Decimal, str], test: Test) -> Cube | None:
    """Literals of the type of `test` that hold of just these places, of which there are some; None if there are none such."""
    texts = list(scale.values())

    def literal(relation: str, at: Iterable[int], positive: bool = True) -> Literal:
        values = tuple(sorted([texts[place // 2] for place in at]))
        return Literal(Test(test.key, relation, values, test.type), positive)

    if test.type == "Bool" and len(places) == 2:
        return ()
    if not any(place % 2 for place in places):
        return (literal("equals", places),)
    low, high = min(places), max(places)
    holes = set(range(low, high + 1)) - places
    if any(hole % 2 for hole in holes):
        return None
    found = [] if low < 0 else [literal("greater" if low % 2 else "at-least", (low,))]
    if high < 2 * len(texts) - 1:
        found.append(literal("less" if high % 2 else "at-most", (high + high % 2,)))
    return tuple(sorted([*found, *([literal("equals", holes, False)] if holes else [])], key=_order))


# Values, in lists: text, ARNs and ranges of addresses, under `equals` and `like`.

INSIDE, APART, UNKNOWN = "inside", "apart", "unknown"


@lru_cache(maxsize=1 << 14)
def _globs(value: str, type: str, relation: str, fold: bool) -> tuple[str, ...] | None:
    """The glob of a value, or those of an ARN's six segments; None for what must be left alone."""
    odd = "${" in value or glob.PLAIN in value or glob.SEGMENT in value
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


def _variables(*given: Literal) -> frozenset[str]:
    """The policy variables in `given`. AWS says that one which is undefined may void the whole statement: what has none is
    neither merged into what has one nor left to it."""
    return frozenset([name for one in given for value in one.test.values for name in glob.variables(value)])


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


def _meet_lists(literals: list[Literal]) -> Cube | None:
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


def _meet(literals: Iterable[Literal]) -> Cube | None:
    """All of `literals` about one value, at their simplest; None when no value passes."""
    given = sorted(set(literals), key=_order)
    found = [literal for literal in given if not _scaled(literal) and literal.test.relation not in ("equals", "like")]
    if any([replace(literal, positive=not literal.positive) in found for literal in found]):
        return None
    for kind in _SCALES:
        group = [literal for literal in given if literal.test.type == kind and _scaled(literal)]
        scale = _scale(group)
        places = _places(group, scale, kind)
        if not places:
            return None
        found += (_on_scale(places, scale, group[0].test) or ()) if group else ()
    lists = _meet_lists([literal for literal in given if literal not in found and not _scaled(literal)])
    return None if lists is None else tuple(sorted([*found, *lists], key=_order))


def _implied(literals: Cube, literal: Literal) -> bool:
    """Whether each value that passes `literals` passes `literal`: sure if so."""
    if literal in literals:
        return True
    test = literal.test
    if _scaled(literal):
        group = [other for other in literals if other.test.type == test.type and _scaled(other)]
        scale = _scale([*group, literal])
        return _places(group, scale, test.type) <= _places((literal,), scale, test.type)
    return any([_within(other, literal) for other in literals])


def _within(left: Literal, right: Literal) -> bool:
    a, b = left.test, right.test
    if not left.positive:
        return not right.positive and all([_inside(value, b, a) for value in b.values])
    if right.positive:
        return all([_inside(value, a, b) for value in a.values])
    return all([_relate(value, a, other, b) == APART for value in a.values for other in b.values])


def _either(left: Literal, right: Literal) -> Cube | None:
    """The OR of two lists; None when it is none, or none is known."""
    a, b = left.test, right.test
    if a.type != b.type or {a.relation, b.relation} - {"equals", "like"}:
        return None
    if left.positive != right.positive:
        wanted, bar = (left, right) if left.positive else (right, left)
        kept = _only(bar, lambda value: not _inside(value, bar.test, wanted.test))
        return (kept,) if _within(replace(kept, positive=True), replace(wanted, positive=False)) else None
    if not left.positive:
        both = _both(replace(left, positive=True), replace(right, positive=True))
        return None if both is None else (replace(both, positive=False),)
    if (a.relation, a.ignoring_case) == (b.relation, b.ignoring_case):
        return (_gather(left, right),)
    loose, exact = (left, right) if a.relation == "like" else (right, left)
    plain = all([_globs(text, a.type, "equals", False) and not set(text) & {"*", "?"} for text in exact.test.values])
    return (_gather(loose, exact),) if plain and not (a.ignoring_case or b.ignoring_case) else None


def _join(left: Cube, right: Cube) -> Cube | None:
    """Literals that hold of the values that pass `left` or `right`; None when none are known."""
    for one, other in ((left, right), (right, left)):
        if all([_implied(one, literal) for literal in other]):
            return other
    if (
        all([_scaled(literal) for literal in left + right])
        and len({literal.test.type for literal in left + right}) == 1
    ):
        scale, test = _scale(left + right), left[0].test
        return _on_scale(_places(left, scale, test.type) | _places(right, scale, test.type), scale, test)
    shared = [literal for literal in left if literal in right]
    if len(left) - len(shared) != 1 or len(right) - len(shared) != 1:
        return None
    (a,), (b,) = [literal for literal in left if literal not in shared], [l for l in right if l not in shared]
    either = _either(a, b)
    return None if either is None else _meet([*shared, *either])


# Zones: all that a cube says of one key.


@record
class _Zone:
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
        return isinstance(other, _Zone) and (self.key, self.rank) == (other.key, other.rank)

    def __hash__(self) -> int:
        return hash((self.key, self.rank))


def _zone(key: str, every: Iterable[Literal] | None, some: Cube, required: bool, many: bool) -> _Zone | None:
    """The zone at its simplest; None when it is never true."""
    required = required or bool(some)
    met = None if every is None else _meet(every)
    if met is None:
        return None if required else _made(key, None, (), False, False)
    kept: list[Literal] = []
    for literal in sorted(set(some), key=_order):
        alone = _meet((literal,))
        if alone is None or _meet((*met, *alone)) is None:
            return None
        kept += [one for one in alone if not _implied(met, one)]
    for literal in kept[::-1]:
        others = [_meet((*met, other)) or () for other in kept if other is not literal]
        if any([_implied(other, literal) for other in others]):
            kept.remove(literal)
    return _made(key, met, tuple(kept), required, many and bool(met or kept))


def _made(key: str, every: Cube | None, some: Cube, required: bool, many: bool) -> _Zone:
    """The zone, with its literals."""
    present = Literal(Test(key, "present"), every is not None)
    found = [] if every is not None else [present]
    for one in every or ():
        test = replace(one.test, key=key, quantifier="all" if many else "")
        found.append(Literal(test, one.positive, one.positive and not many and not required))
    found += [replace(one, test=replace(one.test, key=key, quantifier="any")) for one in some]
    if required and not some and (many or not any([one.positive for one in every or ()])):
        found.append(present)
    literals = tuple(sorted(found, key=_order))
    return _Zone(key, every, some, required, many, literals, tuple([_order(one) for one in literals]))


@lru_cache(maxsize=1 << 12)
def _meet_zones(a: _Zone, b: _Zone) -> _Zone | None:
    every = None if a.every is None or b.every is None else a.every + b.every
    return _zone(a.key, every, a.some + b.some, a.required or b.required, a.many or b.many)


@lru_cache(maxsize=1 << 14)
def _zone_within(a: _Zone, b: _Zone) -> bool:
    """Whether `a` implies `b`: sure if so."""
    if a == b:
        return True
    if (b.required and not a.required) or not _variables(*b.literals) <= _variables(*a.literals):
        return False
    if a.every is None or b.every is None:
        return a.every is None
    if not all([_implied(a.every, literal) for literal in b.every]):
        return False
    known = [_meet((*a.every, literal)) or () for literal in a.some] or [a.every]
    return all([any([_implied(one, literal) for one in known]) for literal in b.some])


@lru_cache(maxsize=1 << 12)
def _join_zones(a: _Zone, b: _Zone) -> _Zone | None:
    """The zone that is true just where `a` or `b` is; None when none is known."""
    for one, other in ((a, b), (b, a)):
        if _zone_within(one, other):
            return other
    if _variables(*a.literals) != _variables(*b.literals):
        return None
    required, many = a.required and b.required, a.many or b.many
    if a.every is None or b.every is None:  # a missing key, and one that is there
        there = b if a.every is None else a
        return None if there.some else _zone(a.key, there.every, (), False, many)
    if not many:
        joined = _join(a.every, b.every)
        return None if joined is None else _zone(a.key, joined, (), required, False)
    left, right = [one for one in a.some if one not in b.some], [one for one in b.some if one not in a.some]
    if a.every == b.every and len(left) == len(right) == 1:
        either = _join((left[0],), (right[0],))
        shared = tuple([one for one in a.some if one in b.some])
        return None if either is None else _zone(a.key, a.every, shared + either, True, True)
    for one, other in ((a, b), (b, a)):  # some value passes, or all fail
        if one.every is not None and other.every is not None and len(one.some) == 1 and not other.some:
            rest = _meet((*one.every, replace(one.some[0], positive=not one.some[0].positive)))
            inside = rest is None or all([_implied(rest, literal) for literal in other.every])
            if inside and all([_implied(other.every, literal) for literal in one.every]):
                return _zone(a.key, one.every, (), other.required, True)
    return None


def _read(literal: Literal) -> _Zone | None:
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


# Cubes: a zone for each key that matters.

_Cube = dict[str, _Zone]


def _rank(cube: _Cube) -> tuple[object, ...]:
    return tuple([cube[key].rank for key in sorted(cube)])


def _meet_cubes(a: _Cube, b: _Cube) -> _Cube | None:
    found = dict(a)
    for key, zone in b.items():
        met = _meet_zones(found[key], zone) if key in found else zone
        if met is None:
            return None
        found[key] = met
    return {key: zone for key, zone in found.items() if zone.literals}


def _outside(a: _Cube, b: _Cube) -> list[str]:
    """Keys of which `b` says something that `a` does not imply: the first two."""
    found: list[str] = []
    for key, zone in b.items():
        mine = a.get(key)
        if mine is not zone and (mine is None or not _zone_within(mine, zone)):
            found.append(key)
            if len(found) == 2:
                break
    return found


def _absorb(cubes: Iterable[_Cube]) -> list[_Cube]:
    """`cubes`, sorted, without those that another one covers."""
    ranked = {_rank(cube): cube for cube in cubes}
    if len(ranked) > 4 * WORK_LIMIT:
        raise TooManyStatements(None)
    ordered = [ranked[rank] for rank in sorted(ranked)]
    kept: list[_Cube] = []
    for index, cube in enumerate(ordered):
        if not any([not _outside(cube, other) for other in (*kept, *ordered[index + 1 :])]):
            kept.append(cube)
    if len(kept) > WORK_LIMIT:
        raise TooManyStatements(None)
    return kept


def _widen(a: _Cube, b: _Cube) -> _Cube | None:
    """What `a` may become beside `b` without changing their OR: one zone wider, when that joins them or frees `a` of it."""
    outside = _outside(a, b)
    if len(outside) != 1 or outside[0] not in a:
        return None
    (key,) = outside
    joined = _join_zones(a[key], b[key])
    if joined is None or (joined.literals and any([b.get(name) != zone for name, zone in a.items() if name != key])):
        return None
    return {name: joined if name == key else zone for name, zone in a.items() if name != key or joined.literals}


def _simplify(cubes: Iterable[_Cube]) -> list[_Cube]:
    """The same OR in fewer and shorter cubes."""
    found = _absorb(cubes)
    at = quiet = 0
    while quiet < len(found) > 1:
        cube = found[at % len(found)]
        wider = next((wide for other in found if other is not cube and (wide := _widen(cube, other)) is not None), None)
        quiet, at = (quiet + 1, at + 1) if wider is None else (0, 0)
        if wider is not None:
            found = [wider, *[other for other in found if other is not cube and _outside(other, wider)]]
    return _absorb(found)


def _cube(literals: Iterable[Literal]) -> list[_Cube]:
    """The cube of `literals`, which have no quantifier but `any` and `all`; none when it is never true."""
    cube: _Cube = {}
    for literal in literals:
        zone = _read(literal)
        met = None if zone is None else _meet_cubes(cube, {zone.key: zone})
        if met is None:
            return []
        cube = met
    return [cube]


def _cubes_of_test(test: Test, positive: bool) -> list[_Cube]:
    present = Test(test.key, "present")
    if test.relation == "present":
        return _cube((Literal(present, positive),))
    some, each = replace(test, quantifier="any"), replace(test, quantifier="all")
    if test.quantifier == "every" and positive:
        return _cube((Literal(present, True), Literal(each, True)))
    if test.quantifier == "every":
        return _simplify([*_cube((Literal(some, False),)), *_cube((Literal(present, False),))])
    return _cube((Literal(each if test.quantifier == "any" and not positive else test, positive),))


def _united(items: Iterable[Condition]) -> list[Condition]:
    """The items of an OR, with lists of one key that differ in their values only made one."""
    found: dict[object, Condition] = {}
    for item in items:
        name: object = item
        if isinstance(item, Test) and item.relation in ("equals", "like") and item.quantifier != "every":
            name = (replace(item, values=()), _variables(Literal(item, True)))
            other = found.get(name)
            more = other.values if isinstance(other, Test) else ()
            item = replace(item, values=tuple(sorted({*item.values, *more})))
        found[name] = item
    return list(found.values())


def _cubes(condition: Condition, positive: bool = True) -> list[_Cube]:
    """The cubes of `condition`, or of its complement."""
    if isinstance(condition, Not):
        return _cubes(condition.item, not positive)
    if isinstance(condition, Test):
        return _cubes_of_test(condition, positive)
    items = _united(condition.items) if isinstance(condition, Or) else condition.items
    parts = [_cubes(item, positive) for item in items]
    if isinstance(condition, Or) == positive:
        return _simplify([cube for part in parts for cube in part])
    found: list[_Cube] = [{}]
    for part in sorted(parts, key=lambda part: (len(part), [_rank(cube) for cube in part])):
        if len(found) * len(part) > 16 * WORK_LIMIT:
            raise TooManyStatements(None)
        pairs = [_meet_cubes(a, b) for a in found for b in part]
        found = _simplify([cube for cube in pairs if cube is not None])
    return found


def _spelling(given: Iterable[Test]) -> dict[str, str]:
    """One spelling for each key: AWS takes keys that differ in case only for one."""
    spelling: dict[str, str] = {}
    many: dict[str, bool] = {}
    for test in given:
        name = test.key.lower()
        spelling[name] = min(test.key, spelling.get(name, test.key))
        if test.relation != "present" and many.setdefault(name, bool(test.quantifier)) != bool(test.quantifier):
            raise ValueError(f"{test.key} is tested as one value and as many")
    return spelling


def _spelt(condition: Condition, spelling: dict[str, str]) -> Condition:
    if isinstance(condition, Test):
        key = spelling[condition.key.lower()]
        return condition if condition.key == key else replace(condition, key=key)
    if isinstance(condition, Not):
        return Not(_spelt(condition.item, spelling))
    return type(condition)(tuple([_spelt(item, spelling) for item in condition.items]))


@lru_cache(maxsize=1 << 12)
def _solved(condition: Condition) -> list[_Cube] | None:
    """The cubes of `condition`; None when they are too many to count."""
    try:
        return _cubes(condition)
    except TooManyStatements:
        return None


@lru_cache(maxsize=1 << 12)
def cubes(condition: Condition, limit: int = 64) -> tuple[Cube, ...]:
    """`condition` as an OR of cubes, sorted: `()` is never, `((),)` always. Raises TooManyStatements past `limit`."""
    found = _solved(_spelt(condition, _spelling(tests(condition))))
    if found is None or len(found) > limit:
        raise TooManyStatements(None if found is None else len(found))
    flat = [tuple(sorted([one for zone in cube.values() for one in zone.literals], key=_order)) for cube in found]
    return tuple(sorted(flat, key=lambda cube: [_order(literal) for literal in cube]))


def implies(a: Condition | tuple[Cube, ...], b: Condition | tuple[Cube, ...]) -> bool:
    """Whether every request that meets `a` meets `b` (conditions or what `cubes` made of them): sure if so."""
    both = (a, b)
    if a == b or b == TRUE:
        return True
    named = [[one.test for cube in of for one in cube] if isinstance(of, tuple) else tests(of) for of in both]
    spelling = _spelling([test for group in named for test in group])
    found: list[list[_Cube]] = []
    for of in both:
        if isinstance(of, tuple):
            spelt = [[replace(l, test=replace(l.test, key=spelling[l.test.key.lower()])) for l in cube] for cube in of]
            found.append([zones for cube in spelt for zones in _cube(cube)])
            continue
        solved = _solved(_spelt(of, spelling))
        if solved is None:
            return False
        found.append(solved)
    return all([any([not _outside(cube, other) for other in found[1]]) for cube in found[0]])


def keys(condition: Condition) -> frozenset[str]:
    """The keys that `condition` tests."""
    return frozenset([test.key for test in tests(condition)])


def drop(condition: Condition, doomed: Callable[[Test], bool]) -> Condition:
    """`condition` without what it says of `doomed` tests: the strongest weakening, literal by literal. In negation normal
    form each literal of such a test becomes true."""
    return _drop(condition, doomed, TRUE)


def _drop(condition: Condition, doomed: Callable[[Test], bool], instead: Condition) -> Condition:
    if isinstance(condition, Test):
        return instead if doomed(condition) else condition
    if isinstance(condition, Not):
        item = _drop(condition.item, doomed, FALSE if instead == TRUE else TRUE)
        return TRUE if item == FALSE else FALSE if item == TRUE else Not(item)
    neutral, final = (TRUE, FALSE) if isinstance(condition, And) else (FALSE, TRUE)
    items = [_drop(item, doomed, instead) for item in condition.items]
    kept = tuple([item for item in items if item != neutral])
    return final if final in kept else kept[0] if len(kept) == 1 else type(condition)(kept)
