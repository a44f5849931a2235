"""The cells that grants give: pairs of one action and one resource pattern, under a condition.

`Block` holds the cells of all plain grants that could share a statement, `Cells` those of all blocks of one effect. It
knows which cells others cover, so which may go, and which more a block may take in without granting anything new.
"""

from __future__ import annotations

from bisect import bisect_left

from iamdsl.access.glob import covers, is_wild, overlap, prefix
from iamdsl.access.reach import contained, disjoint
from iamdsl.pause import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamdsl.access.model import Condition, Grant
    from iamdsl.access.optimum import Price
    from iamdsl.access.reach import Reach

    Implies = Callable[[Condition, Condition], bool]

IMPLICATIONS = 5_000  # pairs of conditions compared in one pass
HOLDERS = 64  # blocks with the same cell that are looked at


class Shape:
    """What statements must share to be merged: when and to whom they apply. One object for each, compared by identity.

    `variables` are the policy variables of resources and condition: AWS says that one it cannot resolve may void the whole
    statement, so a resource with a variable never shares a statement with one that lacks it.
    """

    __slots__ = ("principals", "except_principals", "condition", "variables", "price")

    def __init__(self, grant: Grant, condition: Condition, names: frozenset[str], price: Price) -> None:
        self.principals = grant.principals
        self.except_principals = grant.except_principals
        self.condition = condition
        self.variables = names
        self.price = price

    def reaches(self, other: Shape) -> bool:
        """Whether this is surely to all that `other` is to."""
        if self.except_principals or other.except_principals:
            same = self.except_principals == other.except_principals
            return same and set(self.principals) == set(other.principals)
        return set(self.principals) >= set(other.principals) and bool(self.principals) == bool(other.principals)


class Block:
    """The plain grants of one shape, and the `resources` of all. `rows`: the resource patterns of each action (in lower
    case) that are still needed."""

    __slots__ = ("shape", "inputs", "rows", "resources")

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.inputs: list[tuple[frozenset[str], frozenset[str]]] = []
        self.rows: dict[str, set[str]] = {}
        self.resources: set[str] = set()

    def add(self, actions: Iterable[str], resources: Iterable[str]) -> None:
        rectangle = (frozenset([action.lower() for action in actions]), frozenset(resources))
        self.inputs.append(rectangle)
        self.resources |= rectangle[1]
        for action in rectangle[0]:
            self.rows.setdefault(action, set()).update(rectangle[1])

    def columns(self) -> dict[str, list[str]]:
        """The actions of each resource pattern, all in order."""
        columns: dict[str, list[str]] = {}
        for action in sorted(self.rows):
            for resource in self.rows[action]:
                columns.setdefault(resource, []).append(action)
        return {resource: columns[resource] for resource in sorted(columns)}


class Cells:
    """All cells of one effect. `blocks` come in canonical order; `others` are the grants with exceptions."""

    def __init__(
        self,
        blocks: list[Block],
        others: list[tuple[Shape, Grant]],
        reach: Reach,
        spelling: dict[str, str],
        implies: Implies,
    ) -> None:
        self.blocks = blocks
        self.others = others
        self.reach = reach
        self.spelling = spelling
        self._implies = implies
        self._implications = 0
        self._weaker: dict[tuple[Shape, Shape], bool] = {}
        self._exceptions: dict[tuple[int, str], list[Grant]] = {}
        self._addable: dict[tuple[int, str, str], bool] = {}
        self._actions: dict[str, set[str]] = {}  # by resource
        shared = set[str]()
        for block in blocks:
            shared |= self._actions.keys() & block.resources
            for action, row in block.rows.items():
                for resource in row:
                    self._actions.setdefault(resource, set()).add(action)
        self._near = _Nearness(self._actions)
        actions = {action for block in blocks for action in block.rows}
        self._wild = any([is_wild(action) for action in actions])
        self._near_actions = _Nearness(actions if self._wild else ())
        self._wider: dict[str, list[str]] = {}  # by action: the others, with wildcards, that hold it
        # patterns of which no cell comes near a cell of another pattern or block
        self._lone = set() if others or self._wild else {one for one in self._actions if self._apart(one)} - shared
        self.apart = len(self._lone) == len(self._actions)
        self._held: dict[str, dict[str, list[int]]] | None = None

    def _holders(self) -> dict[str, dict[str, list[int]]]:
        """Resource → action → the blocks that may have this cell."""
        if self._held is None:
            held: dict[str, dict[str, list[int]]] = {}
            blocks = self.blocks
            for index in sorted(range(len(blocks)), key=lambda index: blocks[index].shape.price.overhead):
                for action in sorted(blocks[index].rows):
                    for resource in blocks[index].rows[action]:
                        holders = held.setdefault(resource, {}).setdefault(action, [])
                        if len(holders) < HOLDERS:  # the lightest conditions are the likeliest to be weaker than others
                            holders.append(index)
            self._held = held
        return self._held

    def weaker(self, shape: Shape, than: Shape) -> bool:
        """Whether a statement of `shape` surely applies wherever one of shape `than` does."""
        if shape is than:
            return True
        key = (shape, than)
        if key not in self._weaker:
            self._weaker[key] = shape.reaches(than) and shape.variables <= than.variables and self._follows(shape, than)
        return self._weaker[key]

    def _follows(self, shape: Shape, than: Shape) -> bool:
        if shape.condition is than.condition:
            return True
        self._implications += 1
        try:
            return self._implications <= IMPLICATIONS and self._implies(than.condition, shape.condition)
        except ValueError:  # the two take one key for single-valued and for many-valued
            return False

    def drop_covered(self) -> None:
        """Take away each cell that the cells left, of the same or weaker conditions, grant as well.

        The most particular go first: heavy conditions, long patterns.
        """
        order = sorted(range(len(self.blocks)), key=lambda index: (-self.blocks[index].shape.price.overhead, -index))
        for index in order if not self.apart else ():
            block = self.blocks[index]
            columns = block.columns()
            for resource in sorted(columns.keys() - self._lone, key=lambda text: (-len(text), text)):
                pause()
                for action in sorted(columns[resource], key=lambda text: (-len(text), text)):
                    if contained(resource, self._wides(index, action, resource)):
                        block.rows[action].discard(resource)
            block.rows = {action: resources for action, resources in block.rows.items() if resources}

    def drop_impossible(self) -> bool:
        """Take away each cell that is never asked for, so long as its action and its resource are granted elsewhere.

        Whether all cells that are left may be asked for.
        """
        clean = True
        for block in self.blocks:
            possible = {action: {r for r in row if self._possible(action, r)} for action, row in block.rows.items()}
            if all([len(possible[action]) == len(row) for action, row in block.rows.items()]):
                continue
            used = set[str]().union(*possible.values())
            block.rows = {
                action: {r for r in row if r in possible[action] or not possible[action] or r not in used}
                for action, row in block.rows.items()
            }
            clean = clean and all([possible[action] >= row for action, row in block.rows.items()])
        return clean

    def addable(self, index: int, action: str, resource: str) -> bool:
        """Whether block `index` may hold this cell too: it has it, or it is never asked for, or granted anyhow."""
        if resource in self.blocks[index].rows.get(action, ()):
            return True
        key = (index, action, resource)
        if key not in self._addable:
            possible = self._possible(action, resource)
            wides = self._wides(index, action, resource) if possible else []
            granted = bool(wides) and self.reach.granted(self.spelling[action], resource, wides)
            self._addable[key] = not possible or granted
        return self._addable[key]

    def borrowed(self, index: int, actions: Iterable[str], resources: Iterable[str]) -> bool:
        """Whether block `index` would hold a cell that may be asked for, and that it did not need."""
        rows = self.blocks[index].rows
        return any([self._possible(action, one) for action in actions for one in resources if one not in rows[action]])

    def _possible(self, action: str, resource: str) -> bool:
        return self.reach.possible(self.spelling[action], resource)

    def _apart(self, resource: str) -> bool:
        """Whether no other pattern that may cover part of this one has an action of it."""
        near, actions = self._near(resource), self._actions
        return len(near) == 1 or all([one == resource or actions[one].isdisjoint(actions[resource]) for one in near])

    def _wides(self, index: int, action: str, resource: str) -> list[str]:
        """Patterns that may cover part of `resource` and that cells other than this one, not stricter, give to `action`."""
        found: list[str] = []
        able = [action, *self._covering(action)]
        for near in self._near(resource):
            actions = self._actions[near]
            for holder in able:
                if holder in actions and self._gives(index, holder, near, (action, resource)):
                    found.append(near)
                    break
        for grant in self._exceptions_for(index, action):
            if not grant.except_resources:
                found.extend(grant.resources)
            elif all([disjoint(resource, excepted) for excepted in grant.resources]):
                found.append("*")
        return found

    def _covering(self, action: str) -> list[str]:
        """The other actions, patterns, that surely hold `action`."""
        if action not in self._wider:
            near = self._near_actions(action) if self._wild else ()
            self._wider[action] = [one for one in near if one != action and is_wild(one) and covers(one, action)]
        return self._wider[action]

    def _gives(self, index: int, action: str, resource: str, cell: tuple[str, str]) -> bool:
        """Whether `action` and `resource` are a cell of block `index`, other than `cell`, or of one not stricter."""
        own = self.blocks[index]
        if (action, resource) != cell and resource in own.rows.get(action, ()):
            return True
        for other in self._holders().get(resource, {}).get(action, ()):
            block = self.blocks[other]
            if other != index and resource in block.rows.get(action, ()) and self.weaker(block.shape, own.shape):
                return True
        return False

    def _exceptions_for(self, index: int, action: str) -> list[Grant]:
        """The grants with exceptions that surely hold for `action` wherever block `index` does."""
        key = (index, action)
        if key not in self._exceptions:
            own = self.blocks[index].shape
            self._exceptions[key] = [
                grant for shape, grant in self.others if actions_given(grant, [action]) and self.weaker(shape, own)
            ]
        return self._exceptions[key]


def actions_given(grant: Grant, among: Iterable[str]) -> set[str]:
    """The actions and patterns `among` these that `grant` is surely of, all that they match."""
    named = {pattern.lower() for pattern in grant.actions}
    wild = sorted(filter(is_wild, named))
    if grant.except_actions:
        return {one for one in among if not _excepts(named, wild, one.lower())}
    return {one for one in among if one.lower() in named or any([covers(pattern, one.lower()) for pattern in wild])}


def _excepts(named: set[str], wild: list[str], action: str) -> bool:
    near = named if is_wild(action) else wild
    return action in named or any([overlap(pattern, action) for pattern in near])


class _Nearness:
    """Finds, among many patterns, those that may cover part of one of them, by their literal beginnings."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._wild: dict[str, list[str]] = {}  # patterns with wildcards, by literal prefix
        self._sorted = sorted(patterns)
        self._found: dict[str, list[str]] = {}
        self._starts: dict[str, str] = {}
        for pattern in self._sorted:
            start = self._starts[pattern] = prefix(pattern)
            if len(start) < len(pattern):
                self._wild.setdefault(start, []).append(pattern)
        self._lengths = sorted({len(start) for start in self._wild})

    def __call__(self, pattern: str) -> list[str]:
        """The patterns near `pattern`, itself included, in order."""
        if pattern not in self._found:
            self._found[pattern] = self._find(pattern)
        return self._found[pattern]

    def _find(self, pattern: str) -> list[str]:
        start = self._starts[pattern]
        found = {pattern}
        for end in self._lengths:
            if end > len(start):
                break
            found.update(self._wild.get(start[:end], ()))
        if len(start) < len(pattern):
            for index in range(bisect_left(self._sorted, start), len(self._sorted)):
                if not self._sorted[index].startswith(start):
                    break
                found.add(self._sorted[index])
        return sorted(found)
