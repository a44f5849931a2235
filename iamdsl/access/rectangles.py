"""Few rectangles (actions × resources) that hold all needed cells and no forbidden one.

A weighted biclique cover (NP-hard); a greedy one, from three starts, is optimal for nearly all real policies.
"""

from __future__ import annotations

from heapq import heappop, heappush

from iamdsl.pause import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Rectangle = tuple[frozenset[str], frozenset[str]]  # actions, resources

CHUNK = 64  # rectangles tried against each other at once
SHRINKABLE = 200_000  # cells, past which no rectangle is looked over for needless parts


def weight(texts: Iterable[str]) -> int:
    """The characters that `texts` take in a list: two quotes and a comma each."""
    return sum([len(text) + 3 for text in texts])


def cost(rectangles: Iterable[Rectangle], overhead: int) -> int:
    return sum([overhead + weight(actions) + weight(resources) for actions, resources in rectangles])


def cover(
    inputs: list[Rectangle], rows: dict[str, set[str]], addable: Callable[[str, str], bool], overhead: int
) -> tuple[list[Rectangle], bool]:
    """The cheapest cover found of the cells `rows`, in canonical order, and whether it is final.

    `inputs` is a cover too, that may hold more. A cell outside `rows` and `inputs` is taken in only if it is `addable`.
    A cover is final if to search again, from itself, would not change it so long as the same cells are addable.
    """
    found: list[Rectangle] = []
    final = True
    for part in _apart(inputs, rows):
        single = _single(part, addable)
        if single is not None:
            found.append(single)
            continue
        best = _searched(inputs, part, addable, overhead)
        found += best[0]
        final = final and best[1]
    return _ordered(found), final


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


def _single(rows: dict[str, set[str]], addable: Callable[[str, str], bool]) -> Rectangle | None:
    """All of `rows` in one rectangle, than which nothing is cheaper; None where that would hold what it must not."""
    if len(set(map(_service, rows))) > 1:
        return None
    resources = set[str]().union(*rows.values())
    for action, row in rows.items():
        if len(row) < len(resources) and not all([addable(action, resource) for resource in sorted(resources - row)]):
            return None
    return frozenset(rows), frozenset(resources)


def _searched(
    inputs: list[Rectangle], rows: dict[str, set[str]], addable: Callable[[str, str], bool], overhead: int
) -> tuple[list[Rectangle], bool]:
    starts = [_ordered(_joined(start)) for start in (_by_rows(rows), _by_columns(rows), _needed(inputs, rows))]
    different = [start for index, start in enumerate(starts) if start not in starts[:index]]
    found: list[tuple[int, list[tuple[list[str], list[str]]], list[Rectangle], bool]] = []
    for start in different:
        crossed = _crossed(start, addable, overhead)
        shrunk = _ordered(_shrunk(crossed, rows))
        final = len(shrunk) <= CHUNK and shrunk == _ordered(crossed) and len(_joined(shrunk)) == len(shrunk)
        final = final and _area(shrunk) <= SHRINKABLE
        found.append((cost(shrunk, overhead), [_key(r) for r in shrunk], shrunk, final))
    _, _, best, final = min(found, key=lambda one: one[:2])
    return best, final


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


def _crossed(rectangles: list[Rectangle], addable: Callable[[str, str], bool], overhead: int) -> list[Rectangle]:
    """Merge pairs of rectangles, the best saving first; when there are many, in chunks, until no chunk gets smaller."""
    while True:
        chunks = [rectangles[at : at + CHUNK] for at in range(0, len(rectangles), CHUNK)]
        merged = [rectangle for chunk in chunks for rectangle in _crossed_chunk(chunk, addable, overhead)]
        if len(merged) == len(rectangles) or len(chunks) == 1:
            return merged
        rectangles = _ordered(merged)


def _crossed_chunk(chunk: list[Rectangle], addable: Callable[[str, str], bool], overhead: int) -> list[Rectangle]:
    rectangles: list[Rectangle | None] = []  # None: merged into a later one
    pairs: list[tuple[int, int, int]] = []  # minus the saving, and the places of the two

    services: list[frozenset[str]] = []

    def add(rectangle: Rectangle) -> None:
        services.append(frozenset(map(_service, rectangle[0])))
        for place, other in enumerate(rectangles):
            # a statement that mixes services to save a few characters is one that nobody can review
            if other is not None and services[place] == services[-1]:
                shared = weight(rectangle[0] & other[0]) + weight(rectangle[1] & other[1])
                heappush(pairs, (-overhead - shared, place, len(rectangles)))
        rectangles.append(rectangle)

    for rectangle in chunk:
        add(rectangle)
    while pairs:
        pause()
        _, place, other_place = heappop(pairs)
        one, other = rectangles[place], rectangles[other_place]
        if one is not None and other is not None and _mergeable(one, other, addable):
            rectangles[place] = rectangles[other_place] = None
            add((one[0] | other[0], one[1] | other[1]))
    return [rectangle for rectangle in rectangles if rectangle is not None]


def _mergeable(one: Rectangle, other: Rectangle, addable: Callable[[str, str], bool]) -> bool:
    for (actions, resources), (more_actions, more_resources) in ((one, other), (other, one)):
        new = sorted(more_resources - resources)
        for action in sorted(actions - more_actions):
            for resource in new:
                if not addable(action, resource):
                    return False
    return True


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
    for actions, resources in sorted(_ordered(rectangles), key=lambda rectangle: -cost([rectangle], 0)):
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
