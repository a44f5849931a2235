"""The same access in fewer characters: merge grants, and drop what other grants give as well.

Every step is an equality over all that AWS can ask (see `reach`), never "matches today's catalog": no wildcard is added.
The result does not depend on the order of the grants, and minimising it again changes nothing.
"""

from __future__ import annotations

from functools import lru_cache

from iamdsl.access.cells import Block, Cells, Shape, actions_given
from iamdsl.access.condition import implies
from iamdsl.access.glob import covered, variables
from iamdsl.access.join import join
from iamdsl.access.model import Condition, Grant, Not, Origin, Test, values_of
from iamdsl.access.reach import Reach, contained, disjoint
from iamdsl.access.optimum import Price
from iamdsl.access.rectangles import cover
from iamdsl.pause import pause
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamdsl.access.cells import Implies
    from iamdsl.access.reach import Formats

    Priced = Callable[[Grant], Price]

ROUNDS = 10  # passes; the second rarely finds more, the third hardly ever


@record
class Minimal:
    """Grants in canonical order. No choice of statements over their actions, resources and conditions takes fewer characters
    by more than `gap`; None where nobody knows: there are statements with exceptions, or some to several principals."""

    grants: tuple[Grant, ...]
    gap: int | None


def minimize(grants: tuple[Grant, ...], formats: Formats, price: Priced, implies: Implies = implies) -> Minimal:
    """Grants of exactly the same access in as few characters, then statements, as found.

    `price(grant)` is what a statement with the principals and the condition of `grant` costs.

    `formats(action)` gives the ARN formats of all resource types that `action` takes, as patterns with `PLAIN` or `*` for
    their variables (`arn:*:s3:::\\ud801/*`); None if they are unknown or it takes none: then nothing is assumed.
    `implies(a, b)` may say no in doubt. No two resources of a grant differ in their policy variables: grants of such
    are cut in two first (see `cells.Shape`), which is all that may make the result longer.
    """
    reach = _reach(formats)
    best = _smallest(ordered([part for grant in grants for part in _cut(grant)]), reach, price, implies)
    while len(joined := join(best.grants)) < len(best.grants):
        best = _smallest(ordered([part for grant in joined for part in _cut(grant)]), reach, price, implies)
    return best


def _smallest(grants: tuple[Grant, ...], reach: Reach, price: Priced, implies: Implies) -> Minimal:
    """`grants`, or fewer and shorter ones: passes until one finds nothing, or surely would."""
    best = grants
    least = 0
    for _ in range(ROUNDS):
        found, gap, final = _improved(best, reach, price, implies)
        smaller = ordered(found)
        least = size(smaller, price) - gap
        if (size(smaller, price), len(smaller)) >= (size(best, price), len(best)):
            break
        best = smaller
        if final:
            break
    return Minimal(best, None if any(map(_has_exceptions, best)) else max(size(best, price) - least, 0))


@lru_cache(maxsize=1)
def _reach(formats: Formats) -> Reach:
    """One for all documents of a program: they ask about the same actions, and often about the same resources."""
    return Reach(formats)


def size(grants: Iterable[Grant], price: Priced) -> int:
    """The characters of the compact JSON statements."""
    return sum([price(grant).of(grant.actions, grant.resources) for grant in grants])


def _cut(grant: Grant) -> list[Grant]:
    """`grant` without repetitions, for each set of policy variables in its resources."""
    spellings: dict[str, str] = {}
    for action in sorted(grant.actions, reverse=True):
        spellings[action.lower()] = action
    parts: dict[tuple[str, ...], set[str]] = {}
    for resource in grant.resources:
        names = tuple(sorted(variables(resource))) if "${" in resource and not grant.except_resources else ()
        parts.setdefault(names, set()).add(resource)
    common = {
        "actions": tuple(sorted(spellings.values())),
        "origins": _origins([grant]),
        "principals": tuple(sorted(set(grant.principals))),
    }
    return [replace(grant, resources=tuple(sorted(parts[names])), **common) for names in sorted(parts)]


def _origins(grants: Iterable[Grant]) -> tuple[Origin, ...]:
    found = {origin for grant in grants for origin in grant.origins}
    return tuple(sorted(found, key=lambda origin: origin.order))


def ordered(grants: list[Grant]) -> tuple[Grant, ...]:
    """Canonical order: what is allowed before what is denied, then by actions, resources and condition."""
    groups: dict[tuple[bool, tuple[str, ...], tuple[str, ...]], list[Grant]] = {}
    for grant in grants:
        groups.setdefault((not grant.allows, grant.actions, grant.resources), []).append(grant)

    def rest(grant: Grant) -> tuple[object, ...]:
        about = (repr(grant.condition), grant.principals, grant.except_principals)
        return (*about, grant.except_actions, grant.except_resources, repr(grant.origins))

    return tuple([grant for name in sorted(groups) for grant in sorted(groups[name], key=rest)])


def _improved(
    grants: tuple[Grant, ...], reach: Reach, price: Priced, implies: Implies
) -> tuple[list[Grant], int, bool]:
    """One pass over grants in canonical order, by how much fewer characters might do, and whether another pass would surely
    find no more."""
    shapes = _Shapes(price)
    spelling: dict[str, str] = {}
    for grant in grants:
        for action in grant.actions:
            spelling[action.lower()] = min(action, spelling.get(action.lower(), action))
    found: list[Grant] = []
    gap, final = 0, True
    for allows in (True, False):
        mine = [(shapes.of(grant), grant) for grant in grants if grant.allows == allows]
        blocks: dict[Shape, Block] = {}
        for shape, grant in mine:
            if not _has_exceptions(grant):
                blocks.setdefault(shape, Block(shape)).add(grant.actions, grant.resources)
        others = _merged_exceptions([one for one in mine if _has_exceptions(one[1])])
        cells = Cells(list(blocks.values()), others, reach, spelling, implies)
        small, more, settled = _minimized(cells, allows)
        found += _traced(mine, others + small, cells)
        gap, final = gap + more, final and settled
    return found, gap, final


def _has_exceptions(grant: Grant) -> bool:
    return grant.except_actions or grant.except_resources


class _Shapes:
    """The shapes of grants: one object for grants that differ in no more than the order in which their tests stand."""

    def __init__(self, price: Priced) -> None:
        self._price = price
        self._same: dict[Condition, Condition] = {}  # one condition for each normal form
        self._shown: dict[Condition, Condition] = {}
        self._shapes: dict[tuple[object, ...], Shape] = {}

    def of(self, grant: Grant) -> Shape:
        condition = grant.condition
        if condition not in self._shown:
            normal = _normal(condition)
            self._shown[condition] = self._same.setdefault(normal, condition)
        texts = [*grant.resources, *values_of(condition)]
        names = frozenset[str]().union(*[variables(text) for text in texts])
        key = (grant.principals, grant.except_principals, self._shown[condition], names)
        if key not in self._shapes:
            self._shapes[key] = Shape(grant, self._shown[condition], names, self._price(grant))
        return self._shapes[key]


def _normal(condition: Condition) -> Condition:
    """`condition` with the items and values of each part in order and once."""
    if isinstance(condition, Test):
        return replace(condition, values=tuple(sorted(set(condition.values))))
    if isinstance(condition, Not):
        return Not(_normal(condition.item))
    items = sorted({repr(item): item for item in map(_normal, condition.items)}.items())
    return replace(condition, items=tuple([item for _, item in items]))


def _minimized(cells: Cells, allows: bool) -> tuple[list[tuple[Shape, Grant]], int, bool]:
    """Plain grants, their origins still to be found, that give what all `cells` do; by how much fewer characters might do; and
    whether they are final.

    They are where no cell may cover part of another, all that are left may be asked for, and none that may be was taken
    in: the next pass would drop just what this one took in, and be left with the same cells.
    """
    cells.drop_covered()
    final = cells.drop_impossible() and cells.apart
    found: list[tuple[Shape, Grant]] = []
    gap = 0
    for index, block in enumerate(cells.blocks):
        if not block.rows:
            continue

        def addable(action: str, resource: str, index: int = index) -> bool:
            return cells.addable(index, action, resource)

        shape = block.shape
        best = cover(block.inputs, block.rows, addable, shape.price)
        gap += best.gap
        for actions, resources in best.rectangles:
            final = final and not cells.borrowed(index, actions, resources)
            spelled = tuple(sorted([cells.spelling[action] for action in actions]))
            about = (spelled, tuple(sorted(resources)), shape.condition, ())
            grant = Grant(allows, *about, shape.principals, except_principals=shape.except_principals)
            found.append((shape, grant))
        final = final and best.final
    return found, gap, final


def _merged_exceptions(grants: list[tuple[Shape, Grant]]) -> list[tuple[Shape, Grant]]:
    """Grants with exceptions: those of the same exceptions are merged where that is exact."""
    groups: dict[tuple[Shape, frozenset[str] | None, frozenset[str] | None], list[Grant]] = {}
    for shape, grant in grants:
        same_actions = frozenset([action.lower() for action in grant.actions]) if grant.except_actions else None
        same_resources = frozenset(grant.resources) if grant.except_resources else None
        groups.setdefault((shape, same_actions, same_resources), []).append(grant)
    found: list[tuple[Shape, Grant]] = []
    for (shape, _, _), group in groups.items():
        first = group[0]
        spellings = {action.lower(): action for grant in reversed(group) for action in reversed(grant.actions)}
        actions = [spellings[action] for action in _without_covered(list(spellings), covered)]
        resources = {resource for grant in group for resource in grant.resources}
        held = {resource for resource in resources if first.except_resources and variables(resource)}
        kept = [*held, *_without_covered(resources - held, contained)]
        changes = {"actions": tuple(sorted(actions)), "resources": tuple(sorted(kept))}
        found.append((shape, replace(first, condition=shape.condition, origins=_origins(group), **changes)))
    return found


def _without_covered(patterns: Iterable[str], is_covered: Callable[[str, list[str]], bool]) -> list[str]:
    """`patterns` without those that lie in the others; the longest go first."""
    kept = set(patterns)
    for pattern in sorted(patterns, key=lambda text: (-len(text), text)):
        if is_covered(pattern, sorted(kept - {pattern})):
            kept.discard(pattern)
    return sorted(kept)


def _traced(grants: list[tuple[Shape, Grant]], found: list[tuple[Shape, Grant]], cells: Cells) -> list[Grant]:
    """The grants `found`, each with the origins of those of `grants` that it stands for."""
    origins: list[list[Grant]] = [[grant] for _, grant in found]
    rows = {block.shape: block.rows for block in cells.blocks}
    holders: dict[tuple[Shape, str], list[int]] = {}  # of the plain ones, by shape and action
    for index, (shape, grant) in enumerate(found):
        if not _has_exceptions(grant):
            for action in grant.actions:
                holders.setdefault((shape, action.lower()), []).append(index)
    places = [frozenset(grant.resources) for _, grant in found]
    for shape, grant in grants:
        if _has_exceptions(grant):
            continue
        pause()
        resources = frozenset(grant.resources)
        standing: set[int] = set()
        for action in {action.lower() for action in grant.actions}:
            needed = rows[shape].get(action, set()) & resources
            if needed:
                standing.update([i for i in holders.get((shape, action), ()) if not places[i].isdisjoint(needed)])
        for index in standing or [_covering(grant, shape, found, cells)]:
            origins[index].append(grant)
    return [replace(grant, origins=_origins(origins[index])) for index, (_, grant) in enumerate(found)]


def _covering(grant: Grant, shape: Shape, found: list[tuple[Shape, Grant]], cells: Cells) -> int:
    """The first of `found` that gives a whole cell of the dropped `grant`; else one that gives a part of a cell."""
    near = [index for index, (other, _) in enumerate(found) if cells.weaker(other, shape)]
    for is_given in (_gives_resource, _touches_resource):
        for index in near:
            wide = found[index][1]
            if actions_given(wide, grant.actions):
                if any([is_given(wide, resource) for resource in grant.resources]):
                    return index
    return near[0] if near else 0


def _gives_resource(grant: Grant, resource: str) -> bool:
    if grant.except_resources:
        return all([disjoint(resource, excepted) for excepted in grant.resources])
    return contained(resource, grant.resources)


def _touches_resource(grant: Grant, resource: str) -> bool:
    return not grant.except_resources and not all([disjoint(resource, other) for other in grant.resources])
