"""The patterns `p*`, `*s`, `*i*` and `p*s` that match some names of a set and none of the others.

All texts are in lower case: AWS matches actions without regard to it, so that `describeinstances*` also matches
`describeinstancestatus`. In `p*s` the two ends may not overlap. Sets of names are the bits of an integer.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GRAM = 8  # characters of the longest pieces of names that are kept; few patterns need longer ones


class Names:
    """Names, all different, and how each begins and ends."""

    __slots__ = ("names", "all", "starts", "ends", "_grams")

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.all = (1 << len(names)) - 1
        self.starts = _starts(self.names)
        self.ends = _starts([name[::-1] for name in names])  # by the ends read backwards
        self._grams: dict[str, int] = {}  # every piece of up to GRAM characters → the names that hold it

    def some(self, bits: int) -> list[str]:
        """The names that `bits` stand for."""
        return [self.names[place] for place in places(bits)]

    def holding(self, piece: str, bits: int) -> int:
        """Those of `bits` whose names hold `piece`."""
        grams = self.grams()
        if len(piece) <= GRAM:
            return grams[piece] & bits if piece in grams else 0
        for at in range(len(piece) - GRAM + 1):
            bits &= grams.get(piece[at : at + GRAM], 0)
        return self._sure(piece, bits)

    def _sure(self, piece: str, bits: int) -> int:
        found = bits
        for place in places(bits):
            if piece not in self.names[place]:
                found ^= 1 << place
        return found

    def unlike(self, name: str, at: int, end: int, bits: int) -> int:
        """Where the shortest piece of `name` from `at` ends that no name of `bits` holds, if before `end`; else `end`."""
        grams = self.grams()
        to, last = at + 1, min(end, at + GRAM + 1)
        while to < last and grams[name[at:to]] & bits:
            to += 1
        if to <= at + GRAM or to == end:
            return to
        for other in self.some(bits & grams[name[at : at + GRAM]]):
            while to < end and name[at:to] in other:
                to += 1
        return to

    def grams(self) -> dict[str, int]:
        """Every piece of up to GRAM characters → the names that hold it."""
        if not self._grams:
            found = self._grams
            for place, name in enumerate(self.names):
                bit, end = 1 << place, len(name)
                for at in range(end):
                    for to in range(at + 1, min(at + GRAM, end) + 1):
                        found[name[at:to]] = found.get(name[at:to], 0) | bit
        return self._grams

    def long(self, bits: int, length: int) -> int:
        """Those of `bits` of at least that length."""
        found = bits
        for place in places(bits):
            if len(self.names[place]) < length:
                found ^= 1 << place
        return found


def places(bits: int) -> Iterator[int]:
    """The places of the bits that are set, in order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _starts(names: Sequence[str]) -> dict[str, int]:
    """Every beginning of a name, "" and the whole included → the names that have it."""
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        bit = 1 << place
        for end in range(len(name) + 1):
            start = name[:end]
            found[start] = found.get(start, 0) | bit
    return found


def patterns(names: Names, wanted: int, only_starts: bool = False) -> dict[str, int]:
    """Pattern → the `wanted` that it matches; none matches a name that is not. `only_starts`: `p*` alone.

    Of each kind just those that are as short as can be: to be longer is to match less for more.
    """
    others = names.all & ~wanted
    if not others:
        return {"*": wanted}
    found: dict[str, int] = {}
    for place in places(wanted):
        name = names.names[place]
        backwards = name[::-1]
        start = _shortest(name, names.starts, others)
        if start:
            found[name[:start] + "*"] = names.starts[name[:start]]
        if only_starts:
            continue
        end = _shortest(backwards, names.ends, others)
        if end:
            found["*" + name[-end:]] = names.ends[backwards[:end]]
        for at, to in _pairs(names, name, others):
            pattern = name[:at] + "*" + name[-to:]
            if pattern not in found:
                found[pattern] = names.long(names.starts[name[:at]] & names.ends[backwards[:to]], at + to)
    if not only_starts:
        found.update(_middles(names, wanted, others))
    return found


def _shortest(name: str, starts: dict[str, int], others: int) -> int:
    """The length of the shortest beginning of `name` that none of `others` has; 0 if each is one of theirs."""
    for end in range(1, len(name) + 1):
        if not starts[name[:end]] & others:
            return end
    return 0


def _pairs(names: Names, name: str, others: int) -> Iterator[tuple[int, int]]:
    """Lengths of a beginning and an end of `name` that none of `others` has both of, where neither could be shorter."""
    backwards = name[::-1]
    before = len(name)  # the end that the beginning before this one needs
    for at in range(1, len(name)):
        having = names.starts[name[:at]] & others
        if not having:
            return  # the beginning alone is enough
        to = min(before, len(name) - at) + 1
        while to > 1:
            both = having & names.ends[backwards[: to - 1]]
            if both and names.long(both, at + to - 1):
                break
            to -= 1
        if to <= len(name) - at and to < before:
            before = to
            yield at, to


def _middles(names: Names, wanted: int, others: int) -> dict[str, int]:
    """The patterns `*i*`."""
    found: dict[str, int] = {}
    for name in names.some(wanted):
        end = len(name) + 1  # where the piece that begins one further on ends
        for at in range(len(name) - 1, -1, -1):
            to = names.unlike(name, at, end, others)
            if to < end:
                found[f"*{name[at:to]}*"] = names.holding(name[at:to], wanted)
                end = to
    return found
