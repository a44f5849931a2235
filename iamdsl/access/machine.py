"""Automata of patterns, side by side in one integer, and the search for a word that some accept and others do not."""

from __future__ import annotations

from iamdsl.access.glob import PLAIN, SEGMENT
from iamdsl.pause import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

ANY, ONE, STOP = "\x03", "\x04", "\x05"  # `*`, `?`, and a `?` that is no colon
FRESH = "\x06"  # a letter that no pattern writes
FIRST_VARIABLE, LAST_VARIABLE = 0xE000, 0xF8FF  # the letters of policy variables
# Beside a letter's own two cases: what else Unicode takes for it when it compares without case.
_MORE_CASES = {"k": "\u212a", "\xe5": "\u212b", "\u03c9": "\u2126"}


PORTION = 500  # steps between two pauses


class Undecided(Exception):
    """The budget is spent, or the question is one that cannot be decided here: `why`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


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


def is_variable(character: str) -> bool:
    return "\ue000" <= character <= "\uf8ff"


def cases(character: str) -> str:
    """The letters that are the lower-case `character` when cases are alike."""
    found = {character, character.upper()} | set(_MORE_CASES.get(character, ""))
    return "".join(sorted([one for one in found if len(one) == 1 and one.lower() == character]))


class Machine:
    """The automaton of a pattern. A state is how many consuming items are done; a set of states, the bits of an integer.

    `loose`: a variable's letter may be any string, so it leads from a state to all that follow.
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
    )

    def __init__(self, items: str, loose: bool, fold: bool) -> None:
        self.literals: dict[str, int] = {}
        self.one = self.stop = self.plain = self.loop_any = self.loop_plain = self.loop_segment = 0
        self.loose = loose
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
        self.literals = sorted(literals.items())  # with the states that wait for them
        classes = any([part.plain or part.stop or part.loop_segment for part, _ in self.parts])
        self.always = "/:" if classes else ""  # no better than FRESH, but for those wildcards that exclude them
        self.steps = {letter: self._masks(letter) for letter in [*literals, *self.always, FRESH]}
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
        found = bits & self.stars
        if not found:
            return bits
        shift, mask = self.below[0]
        found = found >> shift & mask
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

    def after(self, bits: int, letter: str) -> int:
        advance, stay = self.steps[letter]
        found = (bits & advance) << 1 | bits & stay
        if self.loose and is_variable(letter):
            for block in self.loose:
                mine = bits & block
                found = found & ~block | (block & -(mine & -mine) if mine else 0)
        return self.lean(found)

    def successors(self, bits: int) -> list[tuple[int, str]]:
        """What one letter leads to, if a wanted word may follow; the most hopeful last."""
        letters = [letter for letter, waiting in self.literals if bits & waiting or letter in self.always]
        letters += [letter for letter in self.always if letter not in letters]
        found = [(self.after(bits, letter), letter) for letter in (*letters, FRESH)]
        return [step for step in found if not step[0] & self.hopeless and all([step[0] & part for part in self.alive])]


def search(positives: Sequence[Machine], negatives: Sequence[Machine], budget: Budget) -> str | None:
    """A word that all of `positives` and none of `negatives` accept, fresh letters where they do; None when there is none.

    Raises Undecided past the budget.
    """
    product = _Product(positives, negatives)
    if product.start & product.hopeless:
        return None
    seen = {product.start}
    stack = [(product.start, "")]
    while stack:
        bits, word = stack.pop()
        if bits & product.wanted == product.wanted and not bits & product.unwanted:
            return word
        steps = product.successors(bits)
        budget.spend(1 + len(steps))
        for after, letter in steps:
            if after not in seen:
                seen.add(after)
                stack.append((after, word + letter))
    return None
