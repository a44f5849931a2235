"""Actions cut into classes by the patterns that name them: within a class the same grants speak of every action.

The world is open: beside the names that are written there is a word for each pattern and each meet of patterns, made with a
letter that no pattern writes, so that it stands for whatever action AWS adds tomorrow. Actions have no case.
"""

from __future__ import annotations

from iamdsl.access.meets import meet
from iamdsl.access.words import ANY, FRESH, Pattern, Starts, encode, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamdsl.access.model import Grant

    Role = tuple[object, ...]
    Names = Callable[[str], Iterable[str]]  # the actions that exist of those that a pattern matches

ANYTHING = pattern(encode("*:*", True))
LIMIT = 2000  # meets of patterns, and patterns that come of them: past that, no classes


EXCEPTED: Role = ()


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


class Actions:
    """All action patterns of a comparison, with the grants, as bits, that list them. `slots`: their side, way and layer."""

    def __init__(self, grants: Sequence[Grant], slots: Sequence[tuple[int, int, int]]) -> None:
        self.excepting = 0
        self.spelling: dict[str, str] = {}
        self.literals: dict[str, int] = {}
        self.wild: dict[Pattern, int] = {}
        self._starts = Starts()
        self._roles: dict[Pattern, set[Role]] = {}
        for index, (grant, slot) in enumerate(zip(grants, slots)):
            bit = 1 << index
            role: Role = EXCEPTED if grant.except_actions else (grant.allows, *(slot if grant.allows else slot[:1]))
            if grant.except_actions:
                self.excepting |= bit
            for action in grant.actions:
                name = action.lower()
                self.spelling[name] = min(action, self.spelling.get(name, action))
                if "*" in name or "?" in name:
                    one = pattern(encode(name if name != "*" else "*:*", True))
                    self.wild[one] = self.wild.get(one, 0) | bit
                    self._roles.setdefault(one, set()).add(role)
                else:
                    self.literals[name] = self.literals.get(name, 0) | bit
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

    def _made(self) -> list[str] | None:
        """Words for the patterns, and for the meets that a difference could lie in.

        One side allows by one grant of each layer, the other denies by one grant or has none that allows; and whatever is
        excepted counts too. A word that fewer patterns match does as well, so other meets are not needed.
        """
        if any([not one.stars for one in self.wild]):
            return None
        known: set[tuple[Pattern, frozenset[Role]]] = set()
        work = 0
        queue: list[tuple[Pattern, frozenset[Role]]] = [(ANYTHING, frozenset())]
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
                parts = meet(one, other) if roles else []
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
        return next((name for name in names(narrow.items.replace(ANY, "*")) if self.speaking(name.lower()) == mask), "")

    def spelt(self, word: str) -> str:
        """The action as it is written, or one made up of the class of `word`."""
        if FRESH not in word:
            return self.spelling.get(word, word)
        mask = self.speaking(word)
        written = "".join([*self.literals, *[one.items for one in self.wild]])
        odd = next(one for one in ("q", "z", "0", "\xfe", *map(chr, range(0x100, 0x3000))) if one not in written)
        for filler in ("Example", "New", "Zz", odd):
            made = word.replace(FRESH, filler)
            if self.speaking(made.lower()) == mask:
                return made
        raise AssertionError(f"no action is like {word!r}")
