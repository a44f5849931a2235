"""Few rectangles (actions × resources) that hold all needed cells and no forbidden one.

A weighted biclique cover (NP-hard): a greedy one, from three starts, and where it may not be the cheapest, a search for that.
"""

from __future__ import annotations

from heapq import heappop, heappush

from iamdsl.access.optimum import Price, Row, optimum, weight
from iamdsl.pause import pause
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Rectangle = tuple[frozenset[str], frozenset[str]]  # actions, resources

CHUNK = 64  # rectangles tried against each other at once
SHRINKABLE = 200_000  # cells, past which no rectangle is looked over for needless parts
DECIDABLE = 50_000  # cells, past which no cheaper cover is searched for


@record
class Cover:
    """Rectangles in canonical order; no others cost less by more than `gap` characters. It is `final` if to search again, from
    itself, would find none that cost less so long as the same cells are addable."""

    rectangles: list[Rectangle]
    final: bool
    gap: int


def cover(
    inputs: list[Rectangle], rows: dict[str, set[str]], addable: Callable[[str, str], bool], price: Price
) -> Cover:
    """The cheapest cover found of the cells `rows`.

    `inputs` is a cover too, that may hold more. A cell outside `rows` and `inputs` is taken in only if it is `addable`, and
    only where no actions of several services stand together: nobody could review such a statement.
    """
    found: list[Rectangle] = []
    final = True
    gap = 0
    for part in _apart(inputs, rows):
        field = Field(inputs, part, addable)
        whole = field.whole()
        if whole is not None:
            found.append(whole)
            continue
        best = _searched(inputs, field, price)
        found += best.rectangles
        final = final and best.final
        gap += best.gap
    return Cover(_ordered(found), final, gap)


def _apart(inputs: list[Rectangle], rows: dict[str, set[str]]) -> list[dict[str, set[str]]]:
    """`rows` by the service of the action: those of two never merge unless they share a resource or stand together."""
    parts: dict[str, dict[str, set[str]]] = {}
    for action in rows:
        parts.setdefault(_service(action), {})[action] = rows[action]
    if len(parts) == 1 or any([len(set(map(_service, actions))) > 1 for actions, _ in inputs]):
        return [rows]
    resources = [set[str]().union(*part.values()) for part in parts.values()]
    return list(parts.values()) if sum(map(len, resources)) == len(set[str]().union(*resources)) else [rows]


def _service(action: str) -> str:
    return action.partition(":")[0]


class Field:
    """What is to be covered, `rows`, and what else a rectangle may hold. `given`: the resources of each action in the inputs,
    where there are actions of `several` services."""

    def __init__(self, inputs: list[Rectangle], rows: dict[str, set[str]], addable: Callable[[str, str], bool]) -> None:
        self.rows = rows
        self.addable = addable
        self.services = {action: _service(action) for action in rows}
        self.several = len(set(self.services.values())) > 1
        self.given: dict[str, set[str]] = {}
        for actions, resources in inputs if self.several else ():
            for action in actions & rows.keys():
                self.given.setdefault(action, set()).update(resources)

    def mixed(self, actions: frozenset[str]) -> bool:
        return self.several and len({self.services[action] for action in actions}) > 1

    def whole(self) -> Rectangle | None:
        """All in one rectangle, than which nothing is cheaper; None where that would hold what it must not."""
        resources = frozenset[str]().union(*self.rows.values())
        whole = frozenset(self.rows), resources
        if self.several:
            return whole if self.is_given(whole) else None
        for action, row in self.rows.items():
            if len(row) < len(resources) and not all([self.addable(action, one) for one in sorted(resources - row)]):
                return None
        return whole

    def is_given(self, rectangle: Rectangle) -> bool:
        """Whether the inputs hold all of it, where there are several services."""
        return all([rectangle[1] <= self.given[action] for action in rectangle[0]])

    def mergeable(self, one: Rectangle, other: Rectangle) -> bool:
        """Whether one rectangle may hold all that these two do and what is between them."""
        if self.mixed(actions := one[0] | other[0]):
            return self.is_given((actions, one[1] | other[1]))
        for (actions, resources), (more_actions, more_resources) in ((one, other), (other, one)):
            new = sorted(more_resources - resources)
            for action in sorted(actions - more_actions):
                for resource in new:
                    if not self.addable(action, resource):
                        return False
        return True

    def row(self, action: str, resources: list[str]) -> Row:
        """What rectangles with `action` may and must hold of `resources`."""
        row, given = self.rows[action], self.given.get(action, ())
        bits = [1 << place for place in range(len(resources))]
        needed = sum([bit for bit, one in zip(bits, resources) if one in row])
        allowed = sum([bit for bit, one in zip(bits, resources) if one in row or self.addable(action, one)])
        mixable = sum([bit for bit, one in zip(bits, resources) if one in given])
        return Row(weight([action]), needed, allowed, mixable, self.services[action])


def _searched(inputs: list[Rectangle], field: Field, price: Price) -> Cover:
    """The cheapest of the greedy covers, or one that costs less still."""
    rows = field.rows
    starts = [_ordered(_joined(start)) for start in (_by_rows(rows), _by_columns(rows), _needed(inputs, rows))]
    different = [start for index, start in enumerate(starts) if start not in starts[:index]]
    found: list[tuple[int, int, list[tuple[list[str], list[str]]], list[Rectangle], bool]] = []
    for start in different:
        crossed = _crossed(start, field, price)
        shrunk = _ordered(_shrunk(crossed, rows))
        final = len(shrunk) <= CHUNK and shrunk == _ordered(crossed) and len(_joined(shrunk)) == len(shrunk)
        final = final and _area(shrunk) <= SHRINKABLE
        found.append((cost(shrunk, price), len(shrunk), [_key(one) for one in shrunk], shrunk, final))
    least, _, _, greedy, final = min(found, key=lambda one: one[:3])
    best, bound = (greedy, least) if _is_least(greedy, field) else _decided(greedy, field, price)
    gap = cost(best, price) - bound
    settled = (final and best is greedy) or not gap
    return Cover(best, settled and (not field.several or all(map(field.is_given, best))), gap)


def _is_least(rectangles: list[Rectangle], field: Field) -> bool:
    """Whether surely no cover costs less: each action and resource is in one rectangle, each of these hangs together by its
    needed cells, and no two can be one."""
    if sum([len(actions) for actions, _ in rectangles]) > len(field.rows):
        return False
    if sum([len(resources) for _, resources in rectangles]) > len(set[str]().union(*[r for _, r in rectangles])):
        return False
    cells: list[Rectangle] = []  # one of each, in none of which two can be together
    for actions, resources in rectangles:
        action = next((one for one in sorted(actions) if field.rows[one] >= resources), None)
        if action is None:
            return False
        cells.append((frozenset([action]), frozenset([min(resources)])))
    if len(cells) == 2:
        return True  # all in one has been tried
    return not any([field.mergeable(one, other) for place, one in enumerate(cells) for other in cells[:place]])


def _decided(greedy: list[Rectangle], field: Field, price: Price) -> tuple[list[Rectangle], int]:
    """A cover that costs less than `greedy`, else that, and what surely none costs less than."""
    actions = sorted(field.rows)
    resources = sorted(set[str]().union(*field.rows.values()))
    if len(actions) * len(resources) > DECIDABLE:  # one rectangle is not enough; each side is in one at least
        return greedy, 2 * (price.overhead - 2 * price.times) + price.times * (weight(actions) + weight(resources))
    rows = [field.row(action, resources) for action in actions]
    places = {name: 1 << place for names in (actions, resources) for place, name in enumerate(names)}
    known = [(sum([places[one] for one in able]), sum([places.get(one, 0) for one in on])) for able, on in greedy]
    chosen, bound = optimum(rows, [weight([one]) for one in resources], price, known)
    if chosen == known:
        return greedy, bound
    found = []
    for able, on in chosen:
        named = [
            [name for place, name in enumerate(names) if bits >> place & 1]
            for bits, names in ((able, actions), (on, resources))
        ]
        found.append((frozenset(named[0]), frozenset(named[1])))
    return _ordered(found), bound


def cost(rectangles: Iterable[Rectangle], price: Price) -> int:
    return sum([price.of(actions, resources) for actions, resources in rectangles])


def _key(rectangle: Rectangle) -> tuple[list[str], list[str]]:
    return sorted(rectangle[0]), sorted(rectangle[1])


def _ordered(rectangles: Iterable[Rectangle]) -> list[Rectangle]:
    return sorted(rectangles, key=_key)


def _by_rows(rows: dict[str, set[str]]) -> list[Rectangle]:
    return [(frozenset([action]), frozenset(resources)) for action, resources in rows.items()]


def _by_columns(rows: dict[str, set[str]]) -> list[Rectangle]:
    columns: dict[str, set[str]] = {}
    for action, resources in rows.items():
        for resource in resources:
            columns.setdefault(resource, set()).add(action)
    return [(frozenset(actions), frozenset([resource])) for resource, actions in columns.items()]


def _needed(inputs: list[Rectangle], rows: dict[str, set[str]]) -> list[Rectangle]:
    """`inputs` without the actions and resources of no needed cell."""
    found: list[Rectangle] = []
    for actions, resources in inputs:
        needed = {action: rows[action] & resources for action in actions if action in rows}
        kept = frozenset([action for action, cells in needed.items() if cells])
        if kept:
            found.append((kept, frozenset[str]().union(*needed.values())))
    return found


def _joined(rectangles: list[Rectangle]) -> list[Rectangle]:
    """One rectangle for all of equal resources, and one for all of equal actions, until there are no such left."""
    before = -1
    while len(rectangles) != before:
        before = len(rectangles)
        by_resources: dict[frozenset[str], list[frozenset[str]]] = {}
        for actions, resources in rectangles:
            by_resources.setdefault(resources, []).append(actions)
        by_actions: dict[frozenset[str], list[frozenset[str]]] = {}
        for resources, parts in by_resources.items():
            by_actions.setdefault(frozenset[str]().union(*parts), []).append(resources)
        rectangles = [(actions, frozenset[str]().union(*parts)) for actions, parts in by_actions.items()]
    return rectangles


def _crossed(rectangles: list[Rectangle], field: Field, price: Price) -> list[Rectangle]:
    """Merge pairs of rectangles, the best saving first; when there are many, in chunks, until no chunk gets smaller."""
    while True:
        chunks = [rectangles[at : at + CHUNK] for at in range(0, len(rectangles), CHUNK)]
        merged = [rectangle for chunk in chunks for rectangle in _crossed_chunk(chunk, field, price)]
        if len(merged) == len(rectangles) or len(chunks) == 1:
            return merged
        rectangles = _ordered(merged)


def _crossed_chunk(chunk: list[Rectangle], field: Field, price: Price) -> list[Rectangle]:
    rectangles: list[Rectangle | None] = []  # None: merged into a later one
    pairs: list[tuple[int, int, int]] = []  # minus the saving, and the places of the two

    def add(rectangle: Rectangle) -> None:
        for place, other in enumerate(rectangles):
            if other is not None:
                shared = weight(rectangle[0] & other[0]) + weight(rectangle[1] & other[1])
                heappush(pairs, (-price.overhead - price.times * shared, place, len(rectangles)))
        rectangles.append(rectangle)

    for rectangle in chunk:
        add(rectangle)
    while pairs:
        pause()
        _, place, other_place = heappop(pairs)
        one, other = rectangles[place], rectangles[other_place]
        if one is not None and other is not None and field.mergeable(one, other):
            rectangles[place] = rectangles[other_place] = None
            add((one[0] | other[0], one[1] | other[1]))
    return [rectangle for rectangle in rectangles if rectangle is not None]


def _shrunk(rectangles: list[Rectangle], rows: dict[str, set[str]]) -> list[Rectangle]:
    """`rectangles` without what others hold as well: the dearest whole, then actions, then resources."""
    if len(rectangles) == 1 or _area(rectangles) > SHRINKABLE:
        return rectangles
    times: dict[tuple[str, str], int] = {}
    for actions, resources in rectangles:
        for cell in _cells(actions, resources, rows):
            times[cell] = times.get(cell, 0) + 1

    def needless(actions: frozenset[str], resources: frozenset[str]) -> bool:
        cells = _cells(actions, resources, rows)
        if any([times[cell] < 2 for cell in cells]):
            return False
        for cell in cells:
            times[cell] -= 1
        return True

    found: list[Rectangle] = []
    for actions, resources in sorted(_ordered(rectangles), key=lambda one: -weight(one[0]) - weight(one[1])):
        pause()
        if needless(actions, resources):
            continue
        for action in sorted(actions):
            if needless(frozenset([action]), resources):
                actions -= {action}
        for resource in sorted(resources):
            if needless(actions, frozenset([resource])):
                resources -= {resource}
        found.append((actions, resources))
    return found


def _area(rectangles: list[Rectangle]) -> int:
    return sum([len(actions) * len(resources) for actions, resources in rectangles])


def _cells(actions: frozenset[str], resources: frozenset[str], rows: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The needed cells of a rectangle."""
    return [(action, resource) for action in actions for resource in rows.get(action, set()) & resources]
