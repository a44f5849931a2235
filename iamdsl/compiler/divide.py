"""A document over its quota, as the fewest that fit: statements by turns, the largest first; where must be, lists in pieces.

A statement goes to the document with room that its effect, resources and condition rank first, by a checksum. So a sentence more, or
an action more in one, moves few of the others, and one document more takes its share from each.
"""

from __future__ import annotations

from bisect import bisect_right
from zlib import crc32

from iamdsl.access.model import Origin
from iamdsl.compiler.lower import Lowered
from iamdsl.pause import pause
from iamdsl.policy.model import Document, Statement
from iamdsl.policy.validate import size
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@record
class _Piece:
    """A statement, or a part of one. `place`: where it stood; `weight`: its characters and a comma."""

    statement: Statement
    origins: tuple[Origin, ...]
    place: tuple[int, int]
    weight: int
    key: int


def divide(lowered: Lowered, limit: int, unit: str) -> tuple[Lowered, ...]:
    """`lowered` as documents of at most `limit`, in `unit`; as it is if it fits, and if a part of a statement is too large."""
    whole = lowered.document
    if not limit or size(whole, unit) <= limit:
        return (lowered,)
    frame = size(replace(whole, statements=()), unit)
    room = limit - frame + 1  # for statements with a comma each

    def weigh(statement: Statement) -> int:
        pause()
        return size(replace(whole, statements=(statement,)), unit) - frame + 1

    uncut: list[_Piece] = []
    pieces: list[_Piece] = []
    for place, (statement, origins) in enumerate(zip(whole.statements, lowered.origins, strict=True)):
        cut = _cut(statement, room, weigh)
        if cut is None:
            return (lowered,)
        for number, one in enumerate(cut):
            pieces.append(_Piece(one, origins, (place, number), weigh(one), _key(one, number)))
        uncut.append(_Piece(statement, origins, (place, 0), weigh(statement), _key(statement, 0)))
    for several in (pieces, uncut):
        several.sort(key=lambda one: (-one.weight, one.key, one.place))
    for count in range(-(-sum([one.weight for one in uncut]) // room), len(pieces) + 1):
        found = _packed(pieces, count, room, weigh, True) or _packed(uncut, count, room, weigh, False)
        if found:
            return tuple([_document(whole, bin) for bin in found if bin])
    raise AssertionError("each piece fits by itself")


def _key(statement: Statement, number: int) -> int:
    about = (statement.effect, statement.resource, statement.not_resource, statement.condition, number)
    return crc32(repr(about).encode("utf-8", "surrogatepass"))


def _document(whole: Document, bin: list[_Piece]) -> Lowered:
    ordered: list[_Piece] = []
    for one in sorted(bin, key=lambda one: one.place):
        joined = _joined(ordered[-1], one) if ordered and ordered[-1].place[0] == one.place[0] else None
        ordered[-1:] = [joined] if joined else [*ordered[-1:], one]
    document = replace(whole, statements=tuple([one.statement for one in ordered]))
    return Lowered(document, tuple([one.origins for one in ordered]))


def _joined(one: _Piece, other: _Piece) -> _Piece | None:
    """Two pieces of one statement that differ in one list, as one."""
    for name, values in (("action", one.statement.action), ("resource", one.statement.resource)):
        more = getattr(other.statement, name)
        if values and more and replace(one.statement, **{name: more}) == other.statement:
            return replace(one, statement=replace(one.statement, **{name: tuple(sorted({*values, *more}))}))
    return None


def _lists(statement: Statement) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of which each value says its part, so that they may be divided, the longest first."""
    listed = (("action", statement.action), ("resource", statement.resource))
    found = [(name, values) for name, values in listed if values is not None and len(values) > 1]
    return sorted(found, key=lambda one: -len("".join(one[1])))


def _cut(statement: Statement, room: int, weigh: Callable[[Statement], int]) -> list[Statement] | None:
    """`statement` in pieces of at most `room`; None where even one value of each list is more."""
    weight = weigh(statement)
    if weight <= room:
        return [statement]
    for name, values in _lists(statement):
        fixed = weight - len("".join(values))
        for count in range(max(2, -(-len("".join(values)) // max(room - fixed, 1))), len(values) + 1):
            parts: list[list[str]] = [[] for _ in range(count)]
            for value in values:
                parts[crc32(value.encode("utf-8", "surrogatepass")) % count].append(value)
            cut = [replace(statement, **{name: tuple(part)}) for part in parts if part]
            if all([weigh(one) <= room for one in cut]):
                return cut
        single = [_cut(replace(statement, **{name: (value,)}), room, weigh) for value in values]
        if all(single):
            return [one for part in single for one in part or ()]
    return None


def _packed(
    pieces: Sequence[_Piece], count: int, room: int, weigh: Callable[[Statement], int], hashed: bool
) -> list[list[_Piece]] | None:
    """`count` documents, each piece in that of those with room which its key ranks first (`hashed`) or which it leaves the
    least room in; one that fits nowhere is divided over what room is left. None if that finds no place for some piece.
    """
    found: list[list[_Piece]] = [[] for _ in range(count)]
    left = [room] * count
    queue = list(pieces)
    while queue:
        one = queue.pop(0)
        able = [at for at in range(count) if left[at] >= one.weight]
        if able:
            place = min(able, key=lambda at: (_rank(one.key, at) if hashed else left[at], at))
        else:
            place = max(range(count), key=lambda at: (left[at], -at))
            parts = _parted(one, left[place], weigh)
            if parts is None:
                return None
            one, rest = parts
            queue.insert(0, rest)
        left[place] -= one.weight
        found[place].append(one)
    return found


def _rank(key: int, place: int) -> int:
    """How a statement likes a document: for each in its own way, so that a document more draws from all others alike.

    D. Thaler, C. Ravishankar, "Using name-based mappings to increase hit rates" (1998).
    """
    return crc32(b"%d %d" % (key, place))


def _parted(one: _Piece, room: int, weigh: Callable[[Statement], int]) -> tuple[_Piece, _Piece] | None:
    """`one` in two, the first of them of at most `room`; None where no part of it is."""
    for name, values in _lists(one.statement):
        end = bisect_right(
            range(1, len(values)), room, key=lambda to: weigh(replace(one.statement, **{name: values[:to]}))
        )
        if end:
            first = replace(one.statement, **{name: values[:end]})
            rest = replace(one.statement, **{name: values[end:]})
            place, number = one.place
            return (
                replace(one, statement=first, weight=weigh(first)),
                replace(one, statement=rest, weight=weigh(rest), place=(place, number + 1)),
            )
    return None
