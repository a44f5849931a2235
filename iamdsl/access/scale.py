"""Values on a scale: numbers, dates and booleans.

Tests cut the scale into places: 2i is its i-th mark, 2i + 1 lies between that and the next, -1 before all. Truth is
constant on each place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from iamdsl.access.literal import Cube, Literal, order
from iamdsl.access.model import Test

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal


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


def scaled(literal: Literal) -> bool:
    """Whether a scale settles this literal; otherwise it is a list, or nothing is known of it but its text."""
    test = literal.test
    wanted = test.relation == "equals" or (test.relation in _COMPARE and len(test.values) == 1 and test.type != "Bool")
    return wanted and test.type in SCALES and all([mark(text, test.type) is not None for text in test.values])


SCALES = ("Bool", "Date", "Numeric")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "less": int.__lt__,
    "at-most": int.__le__,
    "greater": int.__gt__,
    "at-least": int.__ge__,
}


def scale_of(literals: Iterable[Literal]) -> dict[int | Decimal, str]:
    """The marks of scaled literals of one type in order, with their text."""
    texts: dict[int | Decimal, str] = {}
    for literal in literals:
        kind = literal.test.type
        for text in ("true", "false") if kind == "Bool" else literal.test.values:
            at = mark(text, kind)
            if at is not None:
                texts[at] = min(text, texts.get(at, text))
    return {at: texts[at] for at in sorted(texts)}


def places_of(literals: Iterable[Literal], scale: dict[int | Decimal, str], kind: str) -> set[int]:
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


def on_scale(places: set[int], scale: dict[int | Decimal, str], test: Test) -> Cube | None:
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
    return tuple(sorted([*found, *([literal("equals", holes, False)] if holes else [])], key=order))
