"""The cheapest rectangles are the cheapest: beside all covers there are, on small grids."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from iamdsl.access.optimum import SCALE, Price, Row, optimum

Bits = tuple[int, int]
WEIGHTS = st.sampled_from([4, 9, 10, 30, 120])


@st.composite
def grids(draw: st.DrawFn, most: int) -> tuple[list[Row], list[int], Price]:
    """Rows and columns with up to `most` of the one and 3 of the other."""
    wide = draw(st.integers(1, 3))
    masks = st.integers(0, (1 << wide) - 1)
    more = st.one_of(st.just(0), st.just(0), masks)
    rows = []
    for _ in range(draw(st.integers(1, most))):
        needed = draw(masks.filter(bool))
        mixable = needed | draw(more)
        rows.append(Row(draw(WEIGHTS), needed, mixable | draw(more), mixable, draw(st.sampled_from("aab"))))
    return (
        rows,
        [draw(WEIGHTS) for _ in range(wide)],
        Price(draw(st.integers(10, 60)), draw(st.sampled_from([1, 1, 2]))),
    )


def valid(rectangle: Bits, rows: list[Row]) -> bool:
    able = [row for place, row in enumerate(rows) if rectangle[0] >> place & 1]
    mixed = len({row.service for row in able}) > 1
    return all(rectangle[1] & ~(row.mixable if mixed else row.allowed) == 0 for row in able)


def cost(rectangle: Bits, rows: list[Row], columns: list[int], price: Price) -> int:
    lists = [
        ["x" * (weight - 3) for place, weight in enumerate(weights) if bits >> place & 1]
        for bits, weights in zip(rectangle, ([row.weight for row in rows], columns))
    ]
    return price.of(*lists)


def cells(rectangle: Bits, rows: list[Row], wide: int) -> int:
    """The needed cells of a rectangle, as bits."""
    found = 0
    for row, column in product(range(len(rows)), range(wide)):
        if rectangle[0] >> row & 1 and rectangle[1] & rows[row].needed & 1 << column:
            found |= 1 << row * wide + column
    return found


def cheapest(rows: list[Row], columns: list[int], price: Price) -> tuple[int, int]:
    """Characters and number of the cheapest rectangles, by trying all."""
    wide = len(columns)
    able = [one for one in product(range(1, 1 << len(rows)), range(1, 1 << wide)) if valid(one, rows)]
    ways = [(cells(one, rows, wide), cost(one, rows, columns, price)) for one in able]
    whole = cells(((1 << len(rows)) - 1, (1 << wide) - 1), rows, wide)
    best = {0: (0, 0)}
    for held in range(whole + 1):  # what is held only grows
        if held in best:
            for more, characters in ways:
                now = best[held][0] + characters, best[held][1] + 1
                if held | more not in best or now < best[held | more]:
                    best[held | more] = now
    return best[whole]


def each_alone(rows: list[Row]) -> list[Bits]:
    return [(1 << place, row.needed) for place, row in enumerate(rows)]


@settings(max_examples=300, deadline=None)
@given(grids(4))
def test_no_cover_is_cheaper(grid: tuple[list[Row], list[int], Price]) -> None:
    rows, columns, price = grid
    found, bound = optimum(rows, columns, price, each_alone(rows))
    assert all(valid(one, rows) for one in found)
    whole = cells(((1 << len(rows)) - 1, (1 << len(columns)) - 1), rows, len(columns))
    held = 0
    for one in found:
        held |= cells(one, rows, len(columns))
    assert held == whole
    characters = sum(cost(one, rows, columns, price) for one in found)
    assert (characters, len(found)) == cheapest(rows, columns, price)
    assert bound == characters


@settings(max_examples=200, deadline=None)
@given(grids(6), st.integers(0, 60))
def test_what_is_not_looked_at_is_in_the_bound(grid: tuple[list[Row], list[int], Price], steps: int) -> None:
    rows, columns, price = grid
    best, least = optimum(rows, columns, price, each_alone(rows))
    found, bound = optimum(rows, columns, price, each_alone(rows), steps)
    characters = sum(cost(one, rows, columns, price) for one in best)
    assert least == characters
    assert bound <= characters <= sum(cost(one, rows, columns, price) for one in found)
    assert len(best) < SCALE
