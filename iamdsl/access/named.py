"""The texts by which a grant names actions, read once."""

from __future__ import annotations

from functools import lru_cache

from iamdsl.access.alphabet import encode
from iamdsl.access.words import Pattern, pattern


class Named:
    """The texts of a grant's actions, which have no case: `names` in lower case with their spelling, and `patterns`."""

    __slots__ = ("names", "patterns")

    def __init__(self, actions: tuple[str, ...]) -> None:
        self.names: dict[str, str] = {}
        self.patterns: dict[Pattern, str] = {}
        for action in actions:
            name = action.lower()
            if "*" in name or "?" in name:
                self.patterns[pattern(encode(name if name != "*" else "*:*", True))] = action
            elif name not in self.names or action < self.names[name]:
                self.names[name] = action

    def has(self, action: str) -> bool:
        """Whether it names the action, which is in lower case."""
        if action in self.names:
            return True
        for one in self.patterns:
            if one.matches(action):
                return True
        return False


@lru_cache(maxsize=1 << 12)
def named(actions: tuple[str, ...]) -> Named:
    """The texts of a grant's actions."""
    return Named(actions)
