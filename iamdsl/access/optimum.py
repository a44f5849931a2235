"""The cheapest rectangles (actions × resources) that hold all needed cells and no forbidden one, by branch and bound.

Actions that may stand on the same resources are one row, resources alike one column. Cells that no rectangle could both hold
fall into parts, each decided alone: a cell goes into each rectangle begun so far that can take it, or into a new one. What
the cells left will cost at least is a dual solution: each pays what its cheapest way costs, out of the prices of the rows and
columns to be added there, none of which is paid more than once.
"""

from __future__ import annotations

from iamdsl.access.patterns import places
from iamdsl.pause import pause
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Bits = tuple[int, int]  # a rectangle: its rows and its columns
    Cell = tuple[int, int]  # a row and a column
    Way = tuple[int, int, "_Begun"]  # what it adds to the cost, the place of the rectangle, and what becomes of it

STEPS = 100_000  # ways of cells looked at for one part: a second at most
SCALE = (
    1 << 12
)  # a character beside a statement: of covers in as many characters the one of fewer statements is cheaper


@record
class Price:
    """What a statement costs: `overhead` characters beside its lists, which are written `times` times."""

    overhead: int
    times: int = 1

    def of(self, actions: Iterable[str], resources: Iterable[str]) -> int:
        """The characters of a statement."""
        return self.of_lists(_weights(actions), _weights(resources))

    def of_lists(self, *lists: list[int]) -> int:
        """The characters of a statement with lists of such weights; a list of one has no brackets."""
        return self.overhead + self.times * sum([sum(one) + (1 if len(one) > 1 else -1) for one in lists])


def weight(texts: Iterable[str]) -> int:
    """The characters that `texts` take in a list."""
    return sum(_weights(texts))


def _weights(texts: Iterable[str]) -> list[int]:
    """The characters of each: two quotes and a comma beside the text."""
    return [len(text) + 3 for text in texts]


@record
class Row:
    """`count` actions of `weight` characters. As bits of columns: `needed`, those that they must stand with; `allowed`, those
    that they may; `mixable`, those that they may in a rectangle with actions of another service than `service`."""

    weight: int
    needed: int
    allowed: int
    mixable: int
    service: str
    count: int = 1


def optimum(
    rows: Sequence[Row], columns: Sequence[int], price: Price, known: Sequence[Bits], steps: int = STEPS
) -> tuple[list[Bits], int]:
    """A cover of all needed cells, `known` or one that costs less, and what none costs less than, in characters.

    `columns`: the characters of each resource. `steps` bounds the search for each part, the same on every machine.
    """
    grid = _Grid(rows, columns, price)
    found: list[Bits] = []
    bound = 0
    for part in grid.parts():
        mine = [one for one in known if any([grid.holds(one, cell) for cell in part])]
        if len(mine) == 1:
            single = _Begun.of(part, grid)
            found.append(grid.widened(single))
            bound += single.cost // SCALE
            continue
        search = _Search(grid, sum([grid.cost(one) for one in mine]), steps)
        search.go([], part, 0)
        found += mine if search.found is None else [grid.widened(one) for one in search.found]
        bound += search.bound // SCALE
    return found, bound


class _Grid:
    """Rows and columns, those alike as one. `columns`: how many each stands for, and their characters."""

    def __init__(self, rows: Sequence[Row], columns: Sequence[int], price: Price) -> None:
        self._given = rows
        self._price = price
        alike: dict[tuple[int, int, int, str], list[int]] = {}
        for place, row in enumerate(rows):
            alike.setdefault((row.needed, row.allowed, row.mixable, row.service), []).append(place)
        self._rows = list(alike.values())
        same: dict[tuple[int, ...], list[int]] = {}
        for place in range(len(columns)):
            key = [(bits >> place & 1) for needed, allowed, mixable, _ in alike for bits in (needed, allowed, mixable)]
            same.setdefault(tuple(key), []).append(place)
        self._columns = list(same.values())
        self._weights = columns
        self.columns = [(len(places), sum([columns[place] for place in places])) for places in self._columns]
        self.rows = [self._row([rows[place] for place in places]) for places in self._rows]
        # a list has brackets or not: what is sure is that it has none
        self.overhead = SCALE * (price.overhead - 2 * price.times) + 1
        self.unit = SCALE * price.times

    def _row(self, rows: list[Row]) -> Row:
        first = rows[0]
        needed, allowed, mixable = map(self._narrow, (first.needed, first.allowed, first.mixable))
        return Row(sum([row.weight for row in rows]), needed, allowed, mixable, first.service, len(rows))

    def _narrow(self, bits: int) -> int:
        return sum([1 << number for number, places in enumerate(self._columns) if bits >> places[0] & 1])

    def cost(self, rectangle: Bits) -> int:
        """What a rectangle of rows and columns as given costs, in `SCALE`."""
        rows, columns = rectangle
        actions = [self._given[place].weight for place in places(rows)]
        return SCALE * self._price.of_lists(actions, [self._weights[place] for place in places(columns)]) + 1

    def holds(self, rectangle: Bits, cell: Cell) -> bool:
        """Whether a rectangle of rows and columns as given holds the cell of those here, at least in part."""
        rows, columns = self._rows[cell[0]], self._columns[cell[1]]
        return any([rectangle[0] >> one & 1 for one in rows]) and any([rectangle[1] >> one & 1 for one in columns])

    def widened(self, begun: _Begun) -> Bits:
        """A rectangle of rows and columns as given."""
        rows = sum([1 << place for number in places(begun.rows) for place in self._rows[number]])
        columns = sum([1 << place for number in places(begun.columns) for place in self._columns[number]])
        return rows, columns

    def parts(self) -> list[list[Cell]]:
        """The needed cells, in parts such that no rectangle holds cells of two."""
        left = [row.needed for row in self.rows]
        found: list[list[Cell]] = []
        for number in range(len(left)):
            while left[number]:
                first = left[number] & -left[number]
                left[number] ^= first
                part = [(number, first.bit_length() - 1)]
                for row, column in part:  # which grows
                    mine = self.rows[row]
                    for other, more in enumerate(left):
                        able = more and self._beside(mine, self.rows[other], column) & more
                        if able:
                            left[other] ^= able
                            part += [(other, place) for place in places(able)]
                found.append(sorted(part))
        return found

    def _beside(self, row: Row, other: Row, column: int) -> int:
        """The columns whose cells in `other` may be in one rectangle with the cell of `row` and `column`."""
        if row.service == other.service:
            return row.allowed if other.allowed >> column & 1 else 0
        if not (row.mixable & other.mixable) >> column & 1:
            return 0
        return row.mixable & other.mixable


@record
class _Begun:
    """A rectangle under way. `allowed`, `mixable`: the columns that all its rows may have; `service`: None for several;
    `counts`: of actions and of resources; `without`: cells that it is not to hold, as they were tried in it."""

    rows: int
    columns: int
    allowed: int
    mixable: int
    service: str | None
    counts: Cell
    cost: int
    without: tuple[Cell, ...] = ()

    @staticmethod
    def of(cells: Sequence[Cell], grid: _Grid) -> _Begun:
        """The least rectangle that holds `cells`, whether it may hold all between them or not."""
        found = _NOTHING
        for cell in cells:
            found = found.grown(cell, grid)
        return found

    def grown(self, cell: Cell, grid: _Grid) -> _Begun:
        """With `cell`, allowed or not."""
        number, place = cell
        row, (count, weight) = grid.rows[number], grid.columns[place]
        actions, resources = self.counts
        added = 0 if self.rows else grid.overhead
        allowed, mixable, service = self.allowed, self.mixable, self.service
        if not self.rows >> number & 1:
            added += grid.unit * (row.weight + 2 * (actions <= 1 < actions + row.count))
            actions += row.count
            allowed, mixable = allowed & row.allowed, mixable & row.mixable
            service = row.service if service in (row.service, "") else None
        if not self.columns >> place & 1:
            added += grid.unit * (weight + 2 * (resources <= 1 < resources + count))
            resources += count
        rows, columns = self.rows | 1 << number, self.columns | 1 << place
        return _Begun(rows, columns, allowed, mixable, service, (actions, resources), self.cost + added, self.without)

    @property
    def may_be(self) -> bool:
        """Whether all its cells are allowed, and none that it is not to hold is in it."""
        if self.columns & ~(self.mixable if self.service is None else self.allowed):
            return False
        return not any([self.rows >> row & self.columns >> column & 1 for row, column in self.without])

    def lacks(self, cell: Cell) -> bool:
        return not self.rows >> cell[0] & self.columns >> cell[1] & 1


_NOTHING = _Begun(0, 0, -1, -1, "", (0, 0), 0)


class _Search:
    """Looks for rectangles that cost less than `bound` together. Afterwards none do: `bound` is less than or what `found` costs."""

    def __init__(self, grid: _Grid, bound: int, steps: int) -> None:
        self._grid = grid
        self._least = bound
        self._open = bound  # the least that what was not looked at may cost
        self._left = steps
        self.found: list[_Begun] | None = None

    @property
    def bound(self) -> int:
        return min(self._least, self._open)

    def go(self, begun: list[_Begun], cells: Sequence[Cell], cost: int) -> None:
        """Put `cells` into the rectangles `begun`, of this `cost` together, and new ones."""
        pause()
        cells = [cell for cell in cells if all([one.lacks(cell) for one in begun])]
        if not cells:
            if cost < self._least:
                self._least, self.found = cost, begun
            return
        self._left -= len(cells) * (len(begun) + 1)
        ways = sorted([self._ways(cell, begun) for cell in cells], key=lambda one: one[0])
        at_least = cost + self._paid([(cell, able) for _, cell, able in ways], begun)
        if at_least >= self._least:
            return
        if self._left < 0:
            self._open = min(self._open, at_least)
            return
        _, cell, able = ways[0]
        now = list(begun)
        for added, place, grown in sorted(able, key=lambda way: way[:2]):
            self.go([*now[:place], grown, *now[place + 1 :]], cells, cost + added)
            now[place] = replace(now[place], without=(*now[place].without, cell))
        new = _Begun.of([cell], self._grid)
        self.go([*now, new], cells, cost + new.cost)

    def _ways(self, cell: Cell, begun: list[_Begun]) -> tuple[tuple[int, int, Cell], Cell, list[Way]]:
        """The rectangles that can take `cell`; first, what is the smaller the better it is to begin with."""
        able: list[Way] = []
        for place, one in enumerate(begun):
            grown = one.grown(cell, self._grid)
            if grown.may_be:
                able.append((grown.cost - one.cost, place, grown))
        size = self._grid.rows[cell[0]].weight + self._grid.columns[cell[1]][1]
        return (len(able), -size, cell), cell, able

    def _paid(self, ways: list[tuple[Cell, list[Way]]], begun: list[_Begun]) -> int:
        """What `ways` of cells will cost at least. The new rectangles are taken as if they were one."""
        grid = self._grid
        purse = _Purse()
        total = 0
        new = len(begun)
        for (row, column), able in ways:
            first, second = grid.unit * grid.rows[row].weight, grid.unit * grid.columns[column][1]
            bills = [((new, -1, 0), grid.overhead), ((new, 0, row), first), ((new, 1, column), second)]
            every = [bills]
            for _, place, _ in able:
                one = begun[place]
                owed = [] if one.rows >> row & 1 else [((place, 0, row), first)]
                every.append(owed if one.columns >> column & 1 else [*owed, ((place, 1, column), second)])
            paid = min([sum([purse.left(bill) for bill in bills]) for bills in every])
            if paid:
                total += paid
                for bills in every:
                    purse.pay(bills, paid)
        return total


class _Purse:
    """What is left to pay of each price, by what it is for."""

    def __init__(self) -> None:
        self._left: dict[tuple[int, int, int], int] = {}

    def left(self, bill: tuple[tuple[int, int, int], int]) -> int:
        return self._left.get(*bill)

    def pay(self, bills: list[tuple[tuple[int, int, int], int]], amount: int) -> None:
        """Pay `amount`, no more than is left of all, out of the first that have some."""
        for bill in bills:
            part = min(amount, self.left(bill))
            self._left[bill[0]] = self.left(bill) - part
            amount -= part
