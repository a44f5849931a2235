"""Which columns cover all rows for the least cost: weighted set cover, optimal where a budget of steps allows.

What must be is done first: columns that cost no less than one that covers as much go, and rows that are covered whenever
another is; a row's only column is taken. What is left falls into parts that share no row. Each has a bound by Lagrange's
relaxation, whose prices also lead to good covers and tell which columns no better one can hold; what is left of it then is
split by the columns of a row. See A. Caprara, P. Toth, M. Fischetti, "Algorithms for the set covering problem" (2000).
"""

from __future__ import annotations

from iamdsl.access.patterns import places
from iamdsl.pause import pause
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Columns = dict[int, tuple[int, int]]  # place → its cost, and the rows that it covers as bits

STEPS = 400_000  # columns looked at in one search
ROUNDS = 200  # changes of the prices for one bound
PATIENCE = 8  # changes without a better bound, after which they are halved
_NEARLY = 1e-6


@record
class Choice:
    """`chosen`: the places of columns that together cost `cost`. No choice costs less than `bound`."""

    chosen: tuple[int, ...]
    cost: int
    bound: int


def choose(columns: Sequence[tuple[int, int]], rows: int, steps: int = STEPS) -> Choice:
    """The cheapest of `columns` (cost, at least 1, and the rows as bits) found that together cover `rows`.

    Of equal ones the first stay. Raises ValueError where a row is in no column.
    """
    held = dict(enumerate(columns))
    if not _covered(held, rows):
        raise ValueError("a row is in no column")
    found = _Search(steps).solve(held, rows)
    return Choice(tuple(sorted(found.chosen)), found.cost, found.bound)


class _Search:
    def __init__(self, steps: int) -> None:
        self.left = steps

    def solve(self, columns: Columns, rows: int) -> Choice:
        """A cover of `rows`, each of which is in some column."""
        columns, rows, taken, cost = self._reduced(columns, rows)
        chosen, bound = list(taken), cost
        for part, covered in _parts(columns):
            found = self._part(part, covered)
            chosen += found.chosen
            cost += found.cost
            bound += found.bound
        return Choice(tuple(chosen), cost, bound)

    def _reduced(self, columns: Columns, rows: int) -> tuple[Columns, int, list[int], int]:
        """The columns and rows that are left when what must be is done, the columns taken, and their cost."""
        taken: list[int] = []
        cost = 0
        while True:
            columns = _different(columns, rows)
            self.left -= len(columns)
            kept = _undominated(columns)
            held = _held(kept)
            singles = sorted({able[0] for able in held.values() if len(able) == 1})
            for place in singles:
                price, bits = kept.pop(place)
                cost += price
                rows &= ~bits
                taken.append(place)
            implied = 0 if singles else _implied(kept, held)
            rows &= ~implied
            if not rows:
                return {}, 0, taken, cost
            if len(kept) == len(columns) and not implied:
                return kept, rows, taken, cost
            columns = kept

    def _part(self, columns: Columns, rows: int) -> Choice:
        """As `solve`, where every row is in several columns."""
        bound, best, spare = _relaxed(columns, rows)
        self.left -= ROUNDS
        if bound >= best.cost or self.left < 0:
            return Choice(best.chosen, best.cost, min(bound, best.cost))
        needed = [place for place, more in spare.items() if more < 0 and bound - more >= best.cost]
        if needed or any([bound + more >= best.cost for more in spare.values()]):
            rest = {place: columns[place] for place, more in spare.items() if bound + more < best.cost}
            found = self._with(needed, columns, rest, rows, best)
        else:
            found = self._split(columns, rows, best)
        return Choice(found.chosen, found.cost, max(min(bound, found.cost), found.bound))

    def _with(self, needed: list[int], columns: Columns, rest: Columns, rows: int, best: Choice) -> Choice:
        """`best`, or a better choice of all `needed` and some of `rest`; its bound is one on all that are better than `best`."""
        cost = sum([columns[place][0] for place in needed])
        for place in needed:
            rows &= ~columns[place][1]
        rest = {place: column for place, column in rest.items() if place not in needed}
        if cost >= best.cost or not _covered(rest, rows):
            return Choice(best.chosen, best.cost, best.cost)
        found = self.solve(rest, rows)
        bound = min(best.cost, cost + found.bound)
        if cost + found.cost < best.cost:
            return Choice((*found.chosen, *needed), cost + found.cost, bound)
        return Choice(best.chosen, best.cost, bound)

    def _split(self, columns: Columns, rows: int, best: Choice) -> Choice:
        """The best for each column of the row that has fewest."""
        held = _held(columns)
        able = min([held[row] for row in places(rows)], key=len)
        able = sorted(able, key=lambda place: (columns[place][0] / columns[place][1].bit_count(), place))
        rest = dict(columns)
        bound = best.cost
        for place in able:
            pause()
            del rest[place]
            found = self._with([place], columns, rest, rows, best)
            bound = min(bound, found.bound)
            best = found
        return Choice(best.chosen, best.cost, min(bound, best.cost))


def _different(columns: Columns, rows: int) -> Columns:
    """The cheapest column of each set of rows, of `rows` alone."""
    best: dict[int, int] = {}
    for place, (cost, bits) in columns.items():
        bits &= rows
        if bits and (bits not in best or (cost, place) < (columns[best[bits]][0], best[bits])):
            best[bits] = place
    return {place: (columns[place][0], bits) for bits, place in best.items()}


def _held(columns: Columns) -> dict[int, list[int]]:
    """The columns of each row."""
    found: dict[int, list[int]] = {}
    for place, (_, bits) in columns.items():
        for row in places(bits):
            found.setdefault(row, []).append(place)
    return found


def _undominated(columns: Columns) -> Columns:
    """`columns`, all different, without those that another covers for no more."""
    held = _held(columns)
    gone: set[int] = set()
    for place in sorted(columns, key=lambda one: (columns[one][1].bit_count(), -columns[one][0], -one)):
        cost, bits = columns[place]
        for other in min([held[row] for row in places(bits)], key=len):
            price, more = columns[other]
            if other != place and price <= cost and not bits & ~more and other not in gone:
                gone.add(place)
                break
    return {place: columns[place] for place in columns if place not in gone}


def _implied(columns: Columns, held: dict[int, list[int]]) -> int:
    """The rows that are covered whenever some other row is, as bits; of equal ones the first stays."""
    gone = 0
    for row in sorted(held, key=lambda one: (len(held[one]), one)):
        if not gone >> row & 1:
            shared = -1
            for place in held[row]:
                shared &= columns[place][1]
            gone |= shared & ~(1 << row)
    return gone


def _parts(columns: Columns) -> list[tuple[Columns, int]]:
    """Columns, and their rows, in parts that share nothing."""
    parts: list[tuple[int, list[int]]] = []
    for place, (_, bits) in columns.items():
        members = [place]
        apart = []
        for other, more in parts:
            if other & bits:
                bits |= other
                members += more
            else:
                apart.append((other, more))
        parts = [*apart, (bits, members)]
    return [({place: columns[place] for place in sorted(members)}, bits) for bits, members in parts]


def _covered(columns: Columns, rows: int) -> bool:
    for _, bits in columns.values():
        rows &= ~bits
    return not rows


def _greedy(columns: Columns, prices: Mapping[int, float], rows: int) -> Choice:
    """The cheapest per row first, then without those that became needless."""
    chosen: list[int] = []
    left = rows
    able = {place: bits for place, (_, bits) in columns.items()}
    while left:
        place = min(able, key=lambda one: (max(prices[one], _NEARLY) / (able[one] & left).bit_count(), one))
        chosen.append(place)
        left &= ~able.pop(place)
        able = {one: bits for one, bits in able.items() if bits & left}
    for place in sorted(chosen, key=lambda one: (-columns[one][0], one)):
        others = 0
        for one in chosen:
            others |= columns[one][1] if one != place else 0
        if not rows & ~others:
            chosen.remove(place)
    return Choice(tuple(chosen), sum([columns[place][0] for place in chosen]), 0)


def _relaxed(columns: Columns, rows: int) -> tuple[int, Choice, dict[int, float]]:
    """A bound, the best cover found on the way to it, and what each column costs beyond the prices of its rows then."""
    from math import ceil  # local: most lists of actions need no search

    listed = [(place, cost, list(places(bits))) for place, (cost, bits) in columns.items()]
    prices = dict.fromkeys(places(rows), 0.0)
    for row, able in _held(columns).items():
        prices[row] = min([columns[place][0] / columns[place][1].bit_count() for place in able])
    best = _greedy(columns, {place: cost for place, cost, _ in listed}, rows)
    top, spare, step, idle = -1.0, {place: 0.0 for place in columns}, 1.0, 0
    for turn in range(ROUNDS):
        pause()
        total, over = sum(prices.values()), dict.fromkeys(prices, 1)  # how many too few columns a row is in
        beyond: dict[int, float] = {}
        for place, cost, able in listed:
            more = cost - sum([prices[row] for row in able])
            beyond[place] = more
            if more < 0:
                total += more
                for row in able:
                    over[row] -= 1
        if total > top + _NEARLY:
            top, spare, idle = total, beyond, 0
        else:
            idle += 1
            step, idle = (step / 2, 0) if idle == PATIENCE else (step, idle)
        if turn % 5 == 4:
            best = min(best, _greedy(columns, beyond, rows), key=lambda one: one.cost)
        length = sum([wrong * wrong for wrong in over.values()])
        if ceil(top - _NEARLY) >= best.cost or not length or step < 0.005:
            break
        scale = step * (best.cost * 1.02 - total) / length
        prices = {row: max(0.0, price + scale * over[row]) for row, price in prices.items()}
    return ceil(top - _NEARLY), best, spare
