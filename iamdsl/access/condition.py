"""Conditions as statements hold them: an OR of cubes, each an AND of literals, exact and at their simplest.

Three storeys. *Values* (`meet`, `scale`, `lists`): literals about one value of a key, `meet` (AND) and `join` (OR). *Zones*
(`zones`): all that a cube says of one key, missing or not, with one value or many. *Cubes*, here: a zone for each key.
Request values are taken to be of their key's type (AWS fails every numeric operator on a value that is no number, negated
ones included).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from iamdsl.access.literal import Cube, Literal, order, policy_variables
from iamdsl.access.model import FALSE, TRUE, And, Condition, Not, Or, Test, tests
from iamdsl.access.zones import Zone, join_zones, meet_zones, within, zone_of
from iamdsl.record import replace

WORK_LIMIT = 256  # cubes on the way to the result, simplified; before that, four times as many


class TooManyStatements(Exception):
    """More cubes than allowed; `count` of them, or None when they were too many to count."""

    def __init__(self, count: int | None) -> None:
        super().__init__(f"{count or 'too many'} statements")
        self.count = count


_Cube = dict[str, Zone]


def _rank(cube: _Cube) -> tuple[object, ...]:
    return tuple([cube[key].rank for key in sorted(cube)])


def _meet_cubes(a: _Cube, b: _Cube) -> _Cube | None:
    found = dict(a)
    for key, zone in b.items():
        met = meet_zones(found[key], zone) if key in found else zone
        if met is None:
            return None
        found[key] = met
    return {key: zone for key, zone in found.items() if zone.literals}


def _outside(a: _Cube, b: _Cube) -> list[str]:
    """Keys of which `b` says something that `a` does not imply: the first two."""
    found: list[str] = []
    for key, zone in b.items():
        mine = a.get(key)
        if mine is not zone and (mine is None or not within(mine, zone)):
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
    joined = join_zones(a[key], b[key])
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
        zone = zone_of(literal)
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
            name = (replace(item, values=()), policy_variables(Literal(item, True)))
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
    flat = [tuple(sorted([one for zone in cube.values() for one in zone.literals], key=order)) for cube in found]
    return tuple(sorted(flat, key=lambda cube: [order(literal) for literal in cube]))


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
