"""Automata of IAM globs, and the search for a string that some globs match and others do not.

A pattern is a sequence of items. A state of its automaton is how many of its consuming items are done; a set of states
is the bits of an integer. The alphabet is infinite, so one letter, `FRESH`, stands for every character that no pattern
writes; a policy variable is a letter of its own.
"""

from __future__ import annotations

from functools import lru_cache

PLAIN = "\x01"  # any non-empty string without `/` and `:`
SEGMENT = "\x02"  # any string without `:`

ANY = "any"  # items and letters longer than a character cannot be mistaken for one that a pattern writes
ONE = "one"
PLAIN_ITEM = "plain"
SEGMENT_ITEM = "segment"
FRESH = "fresh"

_WILDCARDS = {"*": ANY, "?": ONE, PLAIN: PLAIN_ITEM, SEGMENT: SEGMENT_ITEM}
_ESCAPES = {"${*}": "*", "${?}": "?", "${$}": "$"}


class Undecided(Exception):
    """The budget of steps is spent."""


def pieces(pattern: str) -> list[str]:
    """The characters of `pattern`, but each variable or escape (`${...}`) whole."""
    if "${" not in pattern:
        return list(pattern)
    found: list[str] = []
    at = 0
    while at < len(pattern):
        end = pattern.find("}", at) if pattern.startswith("${", at) else -1
        found.append(pattern[at : end + 1] if end >= 0 else pattern[at])
        at += len(found[-1])
    return found


def items(pattern: str) -> tuple[str, ...]:
    """The wildcards (by name), variables (`${...}`) and literal characters of `pattern`, in order."""
    return tuple([_ESCAPES.get(piece) or _WILDCARDS.get(piece, piece) for piece in pieces(pattern)])


def is_variable(item: str) -> bool:
    return len(item) > 1 and item.startswith("${")


class Automaton:
    """`literals` maps a letter to the states whose next item it is; the rest are sets of states."""

    __slots__ = ("literals", "one", "plain", "loop_any", "loop_plain", "loop_segment", "accept", "width", "_masks")

    def __init__(self, pattern_items: tuple[str, ...]) -> None:
        self.literals: dict[str, int] = {}
        self._masks: dict[str, tuple[int, int]] = {}
        self.one = self.plain = self.loop_any = self.loop_plain = self.loop_segment = 0
        bit = 1
        for item in pattern_items:
            if item == ANY:
                self.loop_any |= bit
                continue
            if item == SEGMENT_ITEM:
                self.loop_segment |= bit
                continue
            if item == ONE:
                self.one |= bit
            elif item == PLAIN_ITEM:
                self.plain |= bit
                self.loop_plain |= bit << 1
            else:
                self.literals[item] = self.literals.get(item, 0) | bit
            bit <<= 1
        self.accept = bit
        self.width = bit.bit_length()

    @property
    def has_classes(self) -> bool:
        return bool(self.plain or self.loop_segment)

    def masks(self, letter: str) -> tuple[int, int]:
        """The states that go on to the next, and those that stay, when `letter` is read."""
        found = self._masks.get(letter)
        if found is None:
            found = self._masks[letter] = self._masked(letter)
        return found

    def _masked(self, letter: str) -> tuple[int, int]:
        advance = self.literals.get(letter, 0)
        if is_variable(letter):
            return advance, self.loop_any
        if letter == ":":
            return advance | self.one, self.loop_any
        if letter == "/":
            return advance | self.one, self.loop_any | self.loop_segment
        return advance | self.one | self.plain, self.loop_any | self.loop_segment | self.loop_plain

    def accepts(self, word: tuple[str, ...] | str) -> bool:
        bits = 1
        for letter in word:
            advance, stay = self.masks(letter)
            bits = (bits & advance) << 1 | bits & stay
            if not bits:
                return False
        return bits & self.accept != 0

    def meets(self, pattern_items: tuple[str, ...]) -> bool:
        """Whether a word matches this and `pattern_items`, both without variables: reads these in place of a word, keeping
        all states to which something that they match leads."""
        full = (self.accept << 1) - 1
        loops = self.loop_any | self.loop_plain | self.loop_segment
        bits = 1
        for item in pattern_items:
            if item == ANY:
                bits = full & -(bits & -bits)
            elif item == ONE:
                bits = bits << 1 & full | bits & loops
            elif item == PLAIN_ITEM:
                able = full >> 1 & ~(self.literals.get("/", 0) | self.literals.get(":", 0))
                bits = _flooded((bits & able) << 1 | bits & loops, able)
            elif item == SEGMENT_ITEM:
                bits = _flooded(bits, full >> 1 & ~self.literals.get(":", 0))
            else:
                advance, stay = self.masks(item)
                bits = (bits & advance) << 1 | bits & stay
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


@lru_cache(maxsize=1 << 14)
def automaton(pattern: str) -> Automaton:
    return Automaton(items(pattern))


@lru_cache(maxsize=1 << 14)
def loose_items(pattern: str) -> tuple[str, ...]:
    """The items of `pattern` with `*` for every variable: all that it may match, whatever they stand for."""
    return tuple([ANY if is_variable(item) else item for item in items(pattern)])


@lru_cache(maxsize=1 << 14)
def loose_automaton(pattern: str) -> Automaton:
    return Automaton(loose_items(pattern))


class _Product:
    """Several automata side by side in one integer: a word is wanted that every positive and no negative accepts."""

    def __init__(self, positives: list[Automaton], negatives: list[Automaton]) -> None:
        self.parts: list[tuple[Automaton, int]] = []
        self.start = self.positive = self.wanted = self.unwanted = self.hopeless = 0
        self.alive: list[int] = []
        offset = 0
        for index, part in enumerate([*positives, *negatives]):
            self.parts.append((part, offset))
            self.start |= 1 << offset
            accept = part.accept << offset
            if index < len(positives):
                block = ((1 << part.width) - 1) << offset
                self.positive |= block
                self.alive.append(block)
                self.wanted |= accept
            else:
                self.unwanted |= accept
                self.hopeless |= accept & part.loop_any << offset
            offset += part.width
        waiting: dict[str, int] = {}
        for part, offset in self.parts[: len(positives)]:
            for letter, states in part.literals.items():
                waiting[letter] = waiting.get(letter, 0) | states << offset
        self.literals = sorted(waiting.items())  # with the states that wait for them
        # A letter that no positive waits for does no better than FRESH, but for those that PLAIN and SEGMENT exclude.
        self.excluded = ["/", ":"] if any([part.has_classes for part in [*positives, *negatives]]) else []
        self.steps = {letter: self._masks(letter) for letter in [*waiting, *self.excluded, FRESH]}

    def _masks(self, letter: str) -> tuple[int, int]:
        advance = stay = 0
        for part, offset in self.parts:
            part_advance, part_stay = part.masks(letter)
            advance |= part_advance << offset
            stay |= part_stay << offset
        return advance, stay

    def successors(self, bits: int) -> list[tuple[int, str]]:
        """The state sets one letter on that may still lead to a wanted word; the most hopeful last."""
        advance, stay = self.steps[FRESH]
        fresh = (bits & advance) << 1 | bits & stay
        found: list[tuple[int, str]] = []
        for letter, waiting in self.literals:
            if bits & waiting and letter not in self.excluded:
                advance, stay = self.steps[letter]
                after = (bits & advance) << 1 | bits & stay
                if after & self.positive != fresh & self.positive:
                    found.append((after, letter))
        for letter in self.excluded:
            advance, stay = self.steps[letter]
            found.append(((bits & advance) << 1 | bits & stay, letter))
        found.append((fresh, FRESH))
        return [step for step in found if not step[0] & self.hopeless and all([step[0] & part for part in self.alive])]


def search(positives: list[Automaton], negatives: list[Automaton], budget: int) -> tuple[str, ...] | None:
    """A word that all of `positives` and none of `negatives` accept, or None when there is none.

    Raises `Undecided` when more than `budget` sets of states were looked at.
    """
    product = _Product(positives, negatives)
    if product.start & product.hopeless:
        return None
    seen = {product.start}
    stack: list[tuple[int, tuple[str, ...]]] = [(product.start, ())]
    while stack:
        bits, word = stack.pop()
        if bits & product.wanted == product.wanted and not bits & product.unwanted:
            return word
        for after, letter in product.successors(bits):
            if after not in seen:
                if len(seen) >= budget:
                    raise Undecided
                seen.add(after)
                stack.append((after, (*word, letter)))
    return None
