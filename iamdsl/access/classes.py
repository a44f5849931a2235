"""Actions cut into classes by the patterns that name them: within a class the same grants speak of every action.

The world is open: beside the names that are written there is a word for each pattern and each meet of patterns, made with a
letter that no pattern writes, so that it stands for whatever action AWS adds tomorrow. Actions have no case.
"""

from __future__ import annotations

from iamdsl.access.alphabet import ANY, FRESH, ONE, encode
from iamdsl.access.focus import EVERYTHING, Focus
from iamdsl.access.intersect import intersect
from iamdsl.access.named import named
from iamdsl.access.words import Pattern, Starts, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from iamdsl.access.model import Grant

    Role = tuple[object, ...]
    Names = Callable[[str], Iterable[str]]  # the actions that exist of those that a pattern matches

ANYTHING = pattern(encode("*:*", True))
LIMIT = 2000  # meets of patterns, and patterns that come of them: past that, no classes

EXCEPTED: Role = ()
FEW = 16  # names that are looked up in each grant


def _agrees(taken: frozenset[Role], role: Role) -> bool:
    """Whether a grant of the role may take part beside those of the roles `taken`: those that allow are of one way of one
    side and of different layers, and one of the other side denies. A role is (allows, side, way, layer), (False, side) or ().
    """
    if not role:
        return True
    if role[0]:
        return role not in taken and all(
            [other[1:3] == role[1:3] if other[0] else other[1] != role[1] for other in taken]
        )
    return all([other[0] and other[1] != role[1] for other in taken])


class Listed:
    """Actions that are a few names, each a class, with the interface of Actions."""

    def __init__(self, grants: Sequence[Grant], texts: tuple[str, ...]) -> None:
        self.kept: list[int] = []
        self._spelling: dict[str, str] = {}
        self._speaking = dict.fromkeys(texts, 0)
        for at, grant in enumerate(grants):
            known = named(grant.actions)
            bit = 1 << len(self.kept)
            spoken = False
            for name in texts:
                if spelling := known.names.get(name):
                    self._spelling[name] = min(spelling, self._spelling.get(name, spelling))
                if known.has(name) != grant.except_actions:
                    self._speaking[name] |= bit
                    spoken = True
            if spoken:
                self.kept.append(at)

    def speaking(self, word: str) -> int:
        return self._speaking[word]

    def words(self) -> list[str]:
        return list(self._speaking)

    def existing(self, names: Names) -> list[str]:
        return [word for word in self._speaking if word in {name.lower() for name in names(word)}]

    def shown(self, word: str) -> str:
        """The action as it is written."""
        return self._spelling[word]

    likely = words
    spelt = shown


class Actions:
    """The actions that a comparison is about, and the grants that may speak of them: `kept`, by their places in `grants`, and as
    bits by their places in that. `slots`: side, way and layer of each; `texts`: what it is about (see `focus`).
    """

    def __init__(self, grants: Sequence[Grant], slots: Sequence[tuple[int, int, int]], texts: tuple[str, ...]) -> None:
        self.excepting = 0
        self.spelling: dict[str, str] = {}
        self.literals: dict[str, int] = {}
        self.wild: dict[Pattern, int] = {}
        self.about = None if texts == EVERYTHING else Focus(texts)
        self.kept: list[int] = []
        self._starts = Starts()
        self._roles: dict[Pattern, set[Role]] = {}
        for at, (grant, slot) in enumerate(zip(grants, slots)):
            known = named(grant.actions)
            names, patterns = (known.names, known.patterns) if self.about is None else self.about.of(known)
            if not (names or patterns or grant.except_actions):
                continue
            bit = 1 << len(self.kept)
            self.kept.append(at)
            self.excepting |= bit if grant.except_actions else 0
            role: Role = EXCEPTED if grant.except_actions else (grant.allows, *(slot if grant.allows else slot[:1]))
            for name, spelling in names.items():
                self.spelling[name] = min(spelling, self.spelling.get(name, spelling))
                self.literals[name] = self.literals.get(name, 0) | bit
            for one, spelling in patterns.items():
                shown = spelling if spelling == "*" else one.items.replace(ANY, "*").replace(ONE, "?")
                self.spelling[shown] = min(spelling, self.spelling.get(shown, spelling))
                self.wild[one] = self.wild.get(one, 0) | bit
                self._roles.setdefault(one, set()).add(role)
        for one, mask in self.wild.items():
            self._starts.add(one, mask)

    def speaking(self, word: str) -> int:
        """The grants, as bits, that speak of the action."""
        found = self.literals.get(word, 0)
        for one, mask in self._starts.before(word):
            if mask & ~found and one.matches(word):
                found |= mask
        return found ^ self.excepting

    def words(self) -> list[str] | None:
        """A word for each class, names first; None when there are too many patterns for that."""
        made = self._made()
        return None if made is None else [*sorted(self.literals), *made]

    def likely(self) -> list[str]:
        """Words of which some may show a difference: all that is written."""
        first = [one for one in self.wild if self.about is None or self.about.has(one.instance)]
        return sorted([*self.literals, *[one.instance for one in first]])

    def existing(self, names: Names) -> list[str]:
        """The actions that there are and that it is about."""
        known = {name.lower(): name for name in names("*")}
        self.spelling.update(known)
        return [name for name in sorted(known) if self.about is None or self.about.has(name)]

    def _made(self) -> list[str] | None:
        """Words for the patterns, and for the meets that a difference could lie in.

        One side allows by one grant of each layer, the other denies by one grant or has none that allows; and whatever is
        excepted counts too. A word that fewer patterns match does as well, so other meets are not needed.
        """
        if any([not one.stars for one in self.wild]):
            return None
        known: set[tuple[Pattern, frozenset[Role]]] = set()
        work = 0
        first = [ANYTHING] if self.about is None else self.about.patterns
        queue: list[tuple[Pattern, frozenset[Role]]] = [(one, frozenset()) for one in first]
        while queue:
            state = queue.pop()
            if state in known:
                continue
            known.add(state)
            if len(known) > LIMIT + len(self.wild):
                return None
            one, taken = state
            listing = self.speaking(one.instance) ^ self.excepting
            for other, mask in self._starts.near(one):
                if not mask & ~listing:
                    continue
                roles = [role for role in self._roles[other] if _agrees(taken, role)]
                parts = intersect(one, other) if roles else []
                work += len(parts) + 1 if parts else 0
                if parts is None or work > LIMIT:
                    return None
                queue += [(part, taken if not role else taken | {role}) for part in parts for role in roles]
        return sorted({one.instance for one, _ in known})

    def shown(self, word: str) -> str:
        """The action as it is written, or the pattern that the word stands for."""
        return self.spelling.get(word.replace(FRESH, "*"), word.replace(FRESH, "*"))

    def real(self, word: str, names: Names) -> str:
        """An action that exists and is of the class of `word`, in AWS's spelling; "" if there is none."""
        mask = self.speaking(word)
        close = [one for one in self.wild if one.matches(word)]
        narrow = max(close, key=lambda one: (len(one.items), one.items), default=ANYTHING)
        for name in names(narrow.items.replace(ANY, "*")):
            low = name.lower()
            if self.speaking(low) == mask and (self.about is None or self.about.has(low)):
                return name
        return ""

    def spelt(self, word: str) -> str:
        """The action as it is written, or one made up of the class of `word`."""
        if FRESH not in word:
            return self.spelling.get(word, word)
        mask = self.speaking(word)
        for filler in self._fillers():
            made = word.replace(FRESH, filler)
            if self.speaking(made.lower()) == mask:
                return made
        raise AssertionError(f"no action is like {word!r}")

    def _fillers(self) -> Iterator[str]:
        yield from ("Example", "New", "Zz")
        written = "".join([*self.literals, *[one.items for one in self.wild]])
        yield next(one for one in ("q", "z", "0", "\xfe", *map(chr, range(0x100, 0x3000))) if one not in written)


def actions(grants: Sequence[Grant], slots: Sequence[tuple[int, int, int]], texts: tuple[str, ...]) -> Listed | Actions:
    """The actions that a comparison is about: those that `texts` match."""
    if len(texts) <= FEW and not any(["*" in one or "?" in one for one in texts]):
        return Listed(grants, texts)
    return Actions(grants, slots, texts)
