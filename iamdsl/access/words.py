"""Patterns, and what is told of them without a search.

`matches` is sure (whatever the variables stand for, the pattern matches), `may_match` is possible (it does for some). A word
that is sought may match what it must and does not surely match what it must not: so where none is found there is none,
whatever the variables stand for.
"""

from __future__ import annotations

from bisect import bisect_right

from iamdsl.access.alphabet import ANY, ARN_PARTS, FRESH, ONE, PLAIN, SEGMENT, STOP, WILD, is_variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.machine import Machine

FEW = 12  # patterns that are looked at one by one


class Pattern:
    """`items` is what `encode` made. `fold`: cases are alike (then `items` are lower case)."""

    __slots__ = (
        "items",
        "fold",
        "wild",
        "literal",
        "stars",
        "prefix",
        "suffix",
        "chunks",
        "variables",
        "instance",
        "_parts",
        "_machine",
        "_loose",
    )

    def __init__(self, items: str, fold: bool = False) -> None:
        self.items = items
        self.fold = fold
        self.wild = WILD.intersection(items)
        self.variables = not items.isascii() and any([is_variable(one) for one in items])
        self.literal = not self.wild
        self.stars = self.wild <= {ANY}
        if self.literal:
            self.prefix = self.suffix = self.instance = items
            self.chunks: list[str] = []
        else:
            first = min([at for one in self.wild if (at := items.find(one)) >= 0])
            last = max([items.rfind(one) for one in self.wild])
            self.prefix, self.suffix = items[:first], items[last + 1 :]
            self.chunks = [chunk for chunk in items.split(ANY)[1:-1] if chunk] if self.stars else []
            self.instance = items
            for one in self.wild:
                self.instance = self.instance.replace(one, FRESH)
        self._parts: tuple[Pattern, ...] | None = None
        self._machine: Machine | None = None
        self._loose: Machine | None = None

    @property
    def arn(self) -> bool:
        """Whether nothing crosses the first five colons, and nothing but `*` comes after them."""
        parts = self.items.split(":", ARN_PARTS - 1)
        if len(parts) < ARN_PARTS:
            return False
        return not {ANY, ONE}.intersection("".join(parts[:-1])) and not {ONE, STOP, PLAIN, SEGMENT}.intersection(
            parts[-1]
        )

    def matches(self, word: str) -> bool:
        """Whether the word surely matches."""
        if self.fold:
            word = word.lower()
        if self.literal:
            return word == self.items
        if not self.stars:
            if not word.startswith(self.prefix) or not word.endswith(self.suffix):
                return False
            return self._classes(word)
        at, end = len(self.prefix), len(word) - len(self.suffix)
        if at > end or not word.startswith(self.prefix) or not word.endswith(self.suffix):
            return False
        for chunk in self.chunks:
            at = word.find(chunk, at, end)
            if at < 0:
                return False
            at += len(chunk)
        return True

    def _classes(self, word: str) -> bool:
        """`matches` for a pattern with more than `*`, of a word with the right start and end."""
        if word.isascii() and not self.fold:
            if self.parts:
                segments = word.split(":", ARN_PARTS - 1)
                if len(segments) < ARN_PARTS:
                    return False
                for one, segment in zip(self.parts, segments):
                    if segment != one.items and one.items != ANY and (one.literal or not one.matches(segment)):
                        return False
                return True
            if self.wild == {PLAIN} and self.items.count(PLAIN) == 1:
                middle = word[len(self.prefix) : len(word) - len(self.suffix)]
                return len(word) > len(self.items) - 1 and "/" not in middle and ":" not in middle
        return self.machine.accepts(word)

    def may_match(self, word: str) -> bool:
        """Whether the word matches if variables stand for the right strings."""
        if not self.variables and (word.isascii() or not any([is_variable(one) for one in word])):
            return self.matches(word)
        return self.loose.accepts(word.lower() if self.fold else word)

    @property
    def machine(self) -> Machine:
        if self._machine is None:
            self._machine = self._made(self.items, False)
        return self._machine

    @property
    def loose(self) -> Machine:
        """The machine of all that may match."""
        if self._loose is None:
            self._loose = self._made(self.loose_items, True)
        return self._loose

    def _made(self, items: str, loose: bool) -> Machine:
        from iamdsl.access.machine import Machine  # local for start-up time: of few patterns one is needed

        return Machine(items, loose, self.fold)

    @property
    def loose_items(self) -> str:
        """The items with `*` for every variable: all that it may match, whatever they stand for."""
        return "".join([ANY if is_variable(one) else one for one in self.items]) if self.variables else self.items

    def covers(self, narrow: Pattern) -> bool:
        """Whether all words of `narrow` match, if one that matches is its instance: sure if so."""
        if self.items == narrow.items and self.fold >= narrow.fold:
            return True
        if narrow.fold and not self.fold:
            return False
        if self.stars or narrow.literal:
            return True
        if self.arn and narrow.arn and STOP not in self.wild and PLAIN not in self.wild:
            return True
        return self.wild <= {ANY, SEGMENT} and narrow.wild <= {SEGMENT, STOP, PLAIN}

    def meets(self, other: Pattern) -> bool:
        """Whether some word matches both, variables standing for any string."""
        if self.fold or other.fold:
            one, by = (self, other) if self.fold else (other, self)  # a letter of `by` is read as all that it is alike
            return one.loose.meets(by.loose_items)
        for one, by in ((self, other), (other, self)):
            if one.literal and not one.variables:
                return by.may_match(one.items)
        if not self.near(other):
            return False
        for one, by in ((self, other), (other, self)):
            if not one.variables and by.may_match(one.instance):
                return True
        if self.stars and other.stars and not self.variables and not other.variables:
            return True  # the longer prefix, the middles of one, those of the other, the longer suffix
        return self.loose.meets(other.loose_items)

    def near(self, other: Pattern) -> bool:
        """Whether a word might match both: sure if not."""
        if self.fold or other.fold or self.variables or other.variables:
            return True
        if not self._near(other):
            return False
        if self.literal or other.literal:
            return other.matches(self.items) if self.literal else self.matches(other.items)
        mine, its = self.parts, other.parts
        return not mine or not its or all([one is two or one.near(two) for one, two in zip(mine, its)])

    def _near(self, other: Pattern) -> bool:
        mine, its = self.prefix, other.prefix
        if not (mine.startswith(its) or its.startswith(mine)):
            return False
        mine, its = self.suffix, other.suffix
        if not (mine.endswith(its) or its.endswith(mine)):
            return False
        if PLAIN in self.wild or PLAIN in other.wild:
            return not (_crowded(self, other) or _crowded(other, self))
        return True

    @property
    def parts(self) -> tuple[Pattern, ...]:
        """The six parts of an ARN pattern in which nothing crosses the first five colons; () of any other."""
        if self._parts is None:
            parts = self.items.split(":", ARN_PARTS - 1)
            apart = len(parts) == ARN_PARTS and not {ANY, ONE}.intersection("".join(parts[:-1]))
            if apart:  # in a part that ends at a colon, nothing but that end stops a wildcard
                parts[:-1] = [part.replace(SEGMENT, ANY) for part in parts[:-1]]
            self._parts = tuple([pattern(part) for part in parts]) if apart else ()
        return self._parts


def _crowded(one: Pattern, other: Pattern) -> bool:
    """Whether `one` writes more slashes than any word of `other` has."""
    return other.wild <= {PLAIN} and one.items.count("/") > other.items.count("/")


_patterns: dict[tuple[str, bool], Pattern] = {}


def pattern(items: str, fold: bool = False) -> Pattern:
    """The pattern of `items`, one object for equals."""
    found = _patterns.get((items, fold))
    if found is None:
        if len(_patterns) > 1 << 16:
            _patterns.clear()
        found = _patterns[items, fold] = Pattern(items, fold)
    return found


class Starts:
    """Things by the text with which their patterns begin, up to the first wildcard or variable."""

    def __init__(self) -> None:
        self._found: dict[str, list[tuple[Pattern, int]]] = {}
        self._ordered: list[str] = []

    def add(self, one: Pattern, thing: int) -> None:
        start = _start(one)
        if start not in self._found:
            self._found[start] = []
            self._ordered = []
        self._found[start].append((one, thing))

    def before(self, text: str) -> list[tuple[Pattern, int]]:
        """Those whose start is one of `text`, the shorter first."""
        found = self._found
        return [pair for end in range(len(text) + 1) if text[:end] in found for pair in found[text[:end]]]

    def near(self, one: Pattern) -> list[tuple[Pattern, int]]:
        """Those that might match a word which `one` does."""
        start = _start(one)
        close = self.before(start)
        if not one.literal or one.variables:
            if not self._ordered:
                self._ordered = sorted(self._found)
            at = bisect_right(self._ordered, start)
            while at < len(self._ordered) and self._ordered[at].startswith(start):
                close += self._found[self._ordered[at]]
                at += 1
        return [pair for pair in close if pair[0].near(one)]


def _start(one: Pattern) -> str:
    if one.variables:
        return one.prefix[: next(at for at, item in enumerate(one.items) if is_variable(item))]
    return one.prefix


class Union:
    """Patterns of which any may match, looked up by their starts where they are many."""

    __slots__ = ("patterns", "_starts", "_folded")

    def __init__(self, patterns: tuple[Pattern, ...]) -> None:
        self.patterns = patterns
        self._starts: Starts | None = None
        self._folded: list[Pattern] = []

    def _few(self) -> bool:
        """Whether they are looked at one by one."""
        if len(self.patterns) <= FEW:
            return True
        if self._starts is None:
            self._starts = Starts()
            for one in self.patterns:
                if one.fold:
                    self._folded.append(one)
                else:
                    self._starts.add(one, 0)
        return False

    def _before(self, word: str) -> list[Pattern]:
        """Those that might match the word, by their starts."""
        if self._few():
            return list(self.patterns)
        assert self._starts is not None
        return [one for one, _ in self._starts.before(word)] + self._folded

    def hits(self, word: str) -> list[Pattern]:
        """Those that surely match the word."""
        return [one for one in self._before(word) if one.matches(word)]

    def may_hit(self, word: str) -> bool:
        """Whether one matches the word if variables stand for the right strings."""
        close = self._before(word) if word.isascii() else self.patterns
        for one in close:
            if one.may_match(word):
                return True
        return False

    def near(self, one: Pattern) -> list[Pattern]:
        """Those that might match a word which `one` does."""
        if one.fold or self._few():
            return [other for other in self.patterns if other.near(one)]
        assert self._starts is not None
        return [other for other, _ in self._starts.near(one)] + self._folded

    def covers(self, one: Pattern) -> bool:
        """Whether one matches all words of `one`: sure if so."""
        for other in self._before(one.instance):
            if other.matches(one.instance) and other.covers(one):
                return True
        return False
