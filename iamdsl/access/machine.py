"""Automata of patterns, side by side in one integer, and the search for a word that some accept and others do not."""

from __future__ import annotations

from iamdsl.access.alphabet import ANY, FRESH, ONE, PLAIN, SEGMENT, STOP, WILD, Undecided, is_variable
from iamdsl.pause import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Beside a letter's own two cases: what else Unicode takes for it when it compares without case.
_MORE_CASES = {"k": "\u212a", "\xe5": "\u212b", "\u03c9": "\u2126"}


PORTION = 500  # steps between two pauses


class Budget:
    """Steps that are left. A step is a state of a search, a word matched, or a clause looked at: nothing of the clock."""

    __slots__ = ("left", "behind", "total", "prover")

    def __init__(self, total: int) -> None:
        self.total = total
        self.left = min(total, PORTION)
        self.behind = total - self.left  # what is left besides, given out in portions
        self.prover = ""  # what a second prover was asked for, its name

    def renew(self, prover: str) -> None:
        """Go on with an eighth of the steps, as `prover` is asked what they did not suffice for."""
        self.behind = max(self.left + self.behind, self.total // 8)
        self.left = 0
        self.prover = prover

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            self._more()

    def _more(self) -> None:
        pause()
        self.left += self.behind
        if self.left < 0:
            self.behind = 0
            raise Undecided(f"not decided within {self.total} steps")
        self.behind = max(self.left - PORTION, 0)
        self.left -= self.behind


def cases(character: str) -> str:
    """The letters that are the lower-case `character` when cases are alike."""
    found = {character, character.upper()} | set(_MORE_CASES.get(character, ""))
    return "".join(sorted([one for one in found if len(one) == 1 and one.lower() == character]))


class Machine:
    """The automaton of a pattern. A state is how many consuming items are done; a set of states, the bits of an integer.

    `loose`: a variable's letter may be any string, so it leads from a state to all that follow. `head`: the letters with which
    every word begins that it accepts, as far as that is plain.
    """

    __slots__ = (
        "_read",
        "literals",
        "one",
        "stop",
        "plain",
        "loop_any",
        "loop_plain",
        "loop_segment",
        "accept",
        "full",
        "loose",
        "head",
    )

    def __init__(self, items: str, loose: bool, fold: bool) -> None:
        self.literals: dict[str, int] = {}
        self.one = self.stop = self.plain = self.loop_any = self.loop_plain = self.loop_segment = 0
        self.loose = loose
        self.head = (
            "" if loose or fold else items[: next((at for at, one in enumerate(items) if one in WILD), len(items))]
        )
        self._read: dict[str, tuple[int, int]] = {}
        bit = 1
        for item in items:
            if item == ANY:
                self.loop_any |= bit
                continue
            if item == SEGMENT:
                self.loop_segment |= bit
                continue
            if item == ONE:
                self.one |= bit
            elif item == STOP:
                self.stop |= bit
            elif item == PLAIN:
                self.plain |= bit
                self.loop_plain |= bit << 1
            else:
                for one in cases(item) if fold else item:
                    self.literals[one] = self.literals.get(one, 0) | bit
            bit <<= 1
        self.accept = bit
        self.full = (bit << 1) - 1

    def masks(self, letter: str) -> tuple[int, int]:
        """The states that go on to the next, and those that stay, when `letter` is read."""
        advance = self.literals.get(letter, 0)
        if is_variable(letter):
            return advance, self.loop_any
        if letter == ":":
            return advance | self.one, self.loop_any
        if letter == "/":
            return advance | self.one | self.stop, self.loop_any | self.loop_segment
        return advance | self.one | self.stop | self.plain, self.loop_any | self.loop_segment | self.loop_plain

    def read(self, bits: int, letter: str) -> int:
        if self.loose and is_variable(letter):
            return self.full & -(bits & -bits)
        known = self._read.get(letter)
        if known is None:
            known = self._read[letter] = self.masks(letter)
        return (bits & known[0]) << 1 | bits & known[1]

    def accepts(self, word: str) -> bool:
        bits = 1
        for one in word:
            bits = self.read(bits, one)
            if not bits:
                return False
        return bits & self.accept != 0

    def meets(self, items: str) -> bool:
        """Whether some word matches this and the pattern `items`, which has no variables: reads that in place of a word, keeping
        all states to which something that it matches leads."""
        loops = self.loop_any | self.loop_segment | self.loop_plain
        rest = self.full >> 1
        colon = self.literals.get(":", 0)
        bits = 1
        for item in items:
            if item == ANY:
                bits = self.full & -(bits & -bits)
            elif item == ONE:
                bits = (bits & rest) << 1 | bits & loops
            elif item == STOP:
                bits = (bits & rest & ~colon) << 1 | bits & loops
            elif item == SEGMENT:
                bits = _flooded(bits, rest & ~colon)
            elif item == PLAIN:
                able = rest & ~colon & ~self.literals.get("/", 0)
                bits = _flooded((bits & able) << 1 | bits & loops, able)
            else:
                bits = self.read(bits, item)
            if not bits:
                return False
        return bits & self.accept != 0


def _flooded(bits: int, able: int) -> int:
    """`bits`, and all that follow them with only `able` ones between."""
    shift = 1
    while able:
        bits |= (bits & able) << shift
        able &= able >> shift
        shift <<= 1
    return bits


class _Product:
    """Machines as one: the states of each are a range of bits. A word is wanted that all positives and no negative accept."""

    def __init__(self, positives: Sequence[Machine], negatives: Sequence[Machine]) -> None:
        self.parts: list[tuple[Machine, int]] = []
        self.start = self.positive = self.wanted = self.unwanted = self.hopeless = 0
        self.alive: list[int] = []
        offset = 0
        for at, part in enumerate((*positives, *negatives)):
            self.parts.append((part, offset))
            self.start |= 1 << offset
            accept = part.accept << offset
            if at < len(positives):
                self.alive.append(part.full << offset)
                self.positive |= part.full << offset
                self.wanted |= accept
            else:
                self.unwanted |= accept
                self.hopeless |= accept & part.loop_any << offset
            offset += part.full.bit_length()
        literals: dict[str, int] = {}
        for part, offset in self.parts[: len(positives)]:
            for letter, bits in part.literals.items():
                literals[letter] = literals.get(letter, 0) | bits << offset
        classes = any([part.plain or part.stop or part.loop_segment for part, _ in self.parts])
        always = "/:" if classes else ""  # no better than FRESH, but for those wildcards that exclude them
        # each letter, the states in which it may do better than FRESH, whether it may though positives gain nothing by it (it may
        # be one that negatives do not read), and its masks
        self.letters: list[tuple[str, int, bool, int, int]] = []
        for letter, waiting in [*sorted(literals.items()), *[(one, 0) for one in always if one not in literals]]:
            apart = letter in always
            self.letters.append((letter, -1 if apart else waiting, apart or is_variable(letter), *self._masks(letter)))
        self.fresh = self._masks(FRESH)
        self.loose = [(part.full << offset) for part, offset in self.parts if part.loose]
        self._mark_stars()

    def _mark_stars(self) -> None:
        """Prepare `lean`: the stars of the parts with several, and which bits have another of their part so far above."""
        self.stars = 0
        self.below: list[tuple[int, int]] = []
        several = [(part, offset) for part, offset in self.parts if part.loop_any.bit_count() > 1]
        for part, offset in several:
            self.stars |= part.loop_any << offset
        shift = 1
        while several and shift < max([part.full.bit_length() for part, _ in several]):
            within = [(part.full >> shift) << offset for part, offset in several]
            mask = 0
            for one in within:
                mask |= one
            self.below.append((shift, mask))
            shift <<= 1

    def lean(self, bits: int) -> int:
        """The same states without those that a star behind them makes needless: it may take all that they could still read."""
        shift, mask = self.below[0]
        found = (bits & self.stars) >> shift & mask
        for shift, mask in self.below:
            found |= found >> shift & mask
        return bits & ~found

    def _masks(self, letter: str) -> tuple[int, int]:
        advance = stay = 0
        for part, offset in self.parts:
            more, kept = part.masks(letter)
            advance |= more << offset
            stay |= kept << offset
        return advance, stay

    def begun(self, head: str) -> int:
        """The states after `head`."""
        found = self.start
        for letter in head:
            advance, stay = self._masks(letter)
            after = (found & advance) << 1 | found & stay
            found = self._loosened(found, after) if self.loose and is_variable(letter) else after
        return found

    def successors(self, bits: int) -> list[tuple[int, str]]:
        """What one letter leads to, if a wanted word may follow; the most hopeful last."""
        advance, stay = self.fresh
        fresh = (bits & advance) << 1 | bits & stay
        least = fresh & self.positive
        found: list[tuple[int, str]] = []
        for letter, waiting, able, advance, stay in self.letters:
            if bits & waiting:
                after = (bits & advance) << 1 | bits & stay
                if self.loose and is_variable(letter):
                    after = self._loosened(bits, after)
                if (able or after & self.positive != least) and self.hopes(after):
                    found.append((after, letter))
        if self.hopes(fresh):
            found.append((fresh, FRESH))
        return found

    def hopes(self, bits: int) -> bool:
        """Whether a wanted word may follow."""
        if bits & self.hopeless:
            return False
        for part in self.alive:
            if not bits & part:
                return False
        return True

    def _loosened(self, bits: int, after: int) -> int:
        """`after`, but in loose parts all that follow the states that `bits` has of them."""
        for block in self.loose:
            mine = bits & block
            after = after & ~block | (block & -(mine & -mine) if mine else 0)
        return after


def search(positives: Sequence[Machine], negatives: Sequence[Machine], budget: Budget) -> str | None:
    """A word that all of `positives` and none of `negatives` accept, fresh letters where they do; None when there is none.

    Raises Undecided past the budget.
    """
    product = _Product(positives, negatives)
    head = max([part.head for part in positives], key=len)
    start = product.begun(head)
    if not product.hopes(start):
        return None
    seen = {start}
    stack = [(start, head)]
    while stack:
        bits, word = stack.pop()
        if bits & product.wanted == product.wanted and not bits & product.unwanted:
            return word
        steps = product.successors(bits)
        budget.spend(1 + len(steps))
        for after, letter in steps:
            if after in seen:
                continue
            seen.add(after)
            if after & product.stars:
                least = product.lean(after)
                if least != after and least in seen:
                    continue
                seen.add(least)
                after = least
            stack.append((after, word + letter))
    return None
